"""Parts of the soak test: a page, a simulated browser, the server, a store that grows."""
