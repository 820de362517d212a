"""Page of the live view: its files, and the routes to them."""
