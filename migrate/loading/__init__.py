"""From a plan to the target and back: predict, send, settle, undo. The only writers of the ledger,
beside the pipeline."""
