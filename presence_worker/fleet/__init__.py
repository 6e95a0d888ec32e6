"""Several machines that share one database: the queue, the right to work on a target, and the runs."""
