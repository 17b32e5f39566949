"""What is learned from a recording in one pass, compared with another's, and shown. `recorder.shape` is its front."""
