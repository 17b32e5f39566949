"""The formats by the names that commands take. Loads nothing, as the command line wants it."""

IMPORTED = ("har", "mitmproxy", "goreplay", "combined", "jsonlog", "pcap")
EXPORTED = ("har", "mitmproxy", "goreplay", "curl", "locust", "k6")
