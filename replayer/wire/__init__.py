"""What one request goes out on: HTTP/1.1, HTTP/2 and WebSockets, from a dialled connection to a whole reply.

`channel.Channel` is what the engine holds of it, `payload.payload` what it writes there, `reply.Reply` what it gets.
"""
