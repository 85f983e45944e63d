//! Every predictor against toys with known answers, and the k-mer ridge on real sets.

mod baselines;
mod stored;
mod toy;
