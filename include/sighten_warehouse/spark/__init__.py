"""Spark, for those who have a cluster: its session, and the models' SQL in its dialect."""
