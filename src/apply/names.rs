//! Ids that a run makes up, all from its seed.

use uuid::Builder;

use crate::plan::StepId;

/// Makes up the ids of one run.
pub(super) struct Names {
    seed: u64,
    run: String,
}

impl Names {
    pub fn new(seed: u64) -> Self {
        let hash = blake3::hash(&seed.to_be_bytes()).to_hex();
        Self { seed, run: hash[..12].to_owned() }
    }

    /// The id under which the engine's jobs and events of a step are found. The engine keeps 36
    /// characters; this has at most 26.
    pub fn correlation_id(&self, step: StepId) -> String {
        format!("vf-{}-{}", self.run, step.0)
    }

    /// An id for the object that a step makes.
    pub fn object(&self, step: StepId) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"object").update(&self.seed.to_be_bytes()).update(&step.0.to_be_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}
