"""Deliveries of the past, from files into landing, as often as asked and each of them once."""
