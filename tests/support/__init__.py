"""What tests share: warehouses, bodies, a scripted API, and what stands around them."""
