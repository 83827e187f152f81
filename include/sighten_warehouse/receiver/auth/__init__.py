"""Authentication of deliveries: static credentials, HMAC of the body, Standard Webhooks, replay protection."""
