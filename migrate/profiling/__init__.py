"""What is in the legacy system, and what is wrong with it?"""
