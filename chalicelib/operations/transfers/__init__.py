"""Transfers of ownership: started, advanced step by step, ended."""
