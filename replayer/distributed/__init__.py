"""A replay on several workers, with Locust as the engine that holds them together."""
