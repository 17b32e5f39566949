"""What master and workers say to each other in Locust's messages: their types, and what each holds.

All times are of the speaker's own monotonic clock; everything that is ours is msgpack in bytes.
"""

# From the master
ASK = "foreshock-ask"  # asked_s
JOB = "foreshock-job"  # job: replayer.process.job.Job, on the worker's clock
FRAMES = "foreshock-frames"  # frames: STEP frames for the engine, END, or STOP

# From a worker
CLOCK = "foreshock-clock"  # asked_s, theirs_s
ENDED = "foreshock-ended"  # steps: their ids; frames: their OUTCOME frames
TAKEN = "foreshock-taken"  # taken_bytes: of steps that the engine has begun, in all
DONE = (
    "foreshock-done"  # done: replayer.process.job.Done; cpu_s: what the worker's own process took since it had the job
)
FAILED = "foreshock-failed"  # failed: replayer.process.job.Failed
