"""What goes wrong: faults, the links they happen on, and the proxies (real Toxiproxy or embedded) that make them."""
