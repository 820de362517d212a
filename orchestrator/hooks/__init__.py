"""Reactions of one feature to a change that another has made, in the transaction of that change."""
