//! What a training compared can be fitted again from its rows and its manifest, and then says the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what it expects"
)]

mod testkit;

use schemas::contract::CONTRACT;
use success::{ModelKind, Ridge, Rivals, TrainSettings, train_and_assess};
use testkit::{deep, rows};

#[test]
fn fitted_again_the_candidates_and_baselines_of_a_training_answer_as_they_did() {
    for (planted, settings) in
        [(true, deep()), (false, TrainSettings { minimum_rows: 100, ..testkit::quick() })]
    {
        let mut known = rows(3_000, planted, 3);
        let held_out = known.split_off(2_500);
        let trained = train_and_assess(&known, &held_out, &CONTRACT, &settings, &mut |_, _| {});
        let (trained, assessed) = trained.unwrap();
        let assessed = assessed.unwrap();
        let manifest = &trained.manifest;
        let again = Rivals::fit(&known, &known, &CONTRACT, manifest).unwrap();
        let found = again.losses(&held_out).unwrap();
        assert_eq!(found.model, assessed.model.log_loss.value);
        assert_eq!(found.network, assessed.network.log_loss.value);
        assert_eq!(found.ridge, assessed.logistic.log_loss.value);
        assert!((found.class_prior - assessed.class_prior.log_loss.value).abs() < 1e-12);
        assert_eq!(found.technical_score, None, "these rows carry no score");
        assert_eq!(planted, manifest.kind == ModelKind::Network, "{}", manifest.choice());
        let ridge = Ridge::fit(&known, &CONTRACT, &settings).unwrap();
        assert_eq!(ridge.log_loss(&held_out).unwrap(), found.ridge, "it chose the same penalty");
        let other = Rivals::fit(&known, &held_out, &CONTRACT, manifest).unwrap();
        let other = other.losses(&held_out).unwrap();
        assert!(other.class_prior < found.class_prior, "shares of the very rows that are judged");
        assert_eq!(other.network, found.network);
    }
}
