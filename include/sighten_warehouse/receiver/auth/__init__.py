"""Who may deliver: static credentials, HMAC over the body, Standard Webhooks and replay protection."""
