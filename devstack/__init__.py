"""The supervisor behind `make run`: it starts, watches and stops a simulated Sighten, the receiver and Airflow."""
