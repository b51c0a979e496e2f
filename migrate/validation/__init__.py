"""Which values would the target, or the customer's own rules, refuse, and how do they get mended?"""
