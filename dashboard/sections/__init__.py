"""What the pages are put together from: each section draws one thing of what the context names."""
