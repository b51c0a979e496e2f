"""What lasts (ledger, run folder, archive), and the scratch in which whole sets are computed."""
