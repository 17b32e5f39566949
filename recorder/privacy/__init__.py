"""What is private: found by kind and by name, replaced by stand-ins that keep the shape, in every encoding."""
