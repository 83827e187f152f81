"""The supervisor of `make run`: a simulated Sighten, the receiver and Airflow, started, watched and ended together."""
