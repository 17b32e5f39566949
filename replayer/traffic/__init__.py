"""Which traffic is replayed, and when: from exchanges or a plan's steps to the stream that the engine is given."""
