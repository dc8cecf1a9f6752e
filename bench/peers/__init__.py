"""Services of the same job, written in the ways their communities write them."""
