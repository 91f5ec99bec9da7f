//! What quotas are charged, and what that leaves: through the public surface of the engine.

mod charged;
