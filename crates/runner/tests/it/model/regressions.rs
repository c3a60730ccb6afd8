//! Sequences that once found a fault.
