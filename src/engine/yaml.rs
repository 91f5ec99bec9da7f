//! YAML text to the engine's tree, and beside it where each value stands.
