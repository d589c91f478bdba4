"""Answers to what people ask about plans: why, what is it worth, what if."""
