"""What our pages have in common: the frame, the style, and how templates become one self-contained file."""
