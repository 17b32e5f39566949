"""What is put into a recorded request when it is sent: who sends it now, and what stands for production's values."""
