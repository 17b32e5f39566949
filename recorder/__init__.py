"""What a system did and said: exchanges, sessions, recordings, their shape, and the listeners that record signals."""
