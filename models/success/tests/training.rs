//! What training promises: it learns what is there and nothing else, gives the same bytes
//! again, and refuses rows it cannot learn from by name. How long it takes is measured by
//! `butterquant bench train`.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test says what it expects")]

mod testkit;

use schemas::contract::CONTRACT;
use success::{LabelledRow, MAX_ONNX_BYTES, ModelKind, TrainError, TrainSettings, train};
use testkit::{quick, rows};

fn train_quietly(rows: &[LabelledRow], settings: &TrainSettings) -> success::Trained {
    train(rows, &CONTRACT, settings, &mut |_, _| ()).expect("a model")
}

#[test]
fn a_planted_rule_is_learnt_by_the_network() {
    let (mut last, mut calls) = (0, 0);
    let rows = rows(7_000, true, 1);
    let trained = train(&rows, &CONTRACT, &TrainSettings::default(), &mut |done, of| {
        assert!(done >= last && done <= of);
        (last, calls) = (done, calls + 1);
    })
    .expect("a model");
    let m = &trained.manifest;
    println!(
        "7,000 rows: {} epochs (best {}), {} bytes, network {:.4}, logistic {:.4} \
         (ridge {}), prior {:.4}, {:?}",
        m.epochs_run,
        m.best_epoch,
        trained.onnx.len(),
        m.network_log_loss,
        m.logistic_log_loss,
        m.ridge,
        m.metrics.prior_log_loss,
        m.metrics
    );
    assert_eq!(m.kind, ModelKind::Network, "the rule is an interaction");
    assert!(m.metrics.log_loss < m.metrics.prior_log_loss - 0.15);
    assert!(m.metrics.balanced_accuracy > 0.3 && m.metrics.accuracy > 0.5);
    assert!(trained.onnx.len() <= MAX_ONNX_BYTES && calls >= 1 && last == 50);
    assert!(m.fitted_rows + m.validation_rows < m.rows, "the embargo takes rows out");
}

#[test]
fn shuffled_labels_teach_nothing() {
    let m = train_quietly(&rows(4_000, false, 2), &TrainSettings::default()).manifest;
    println!("shuffled: {:.4} against {:.4}", m.metrics.log_loss, m.metrics.prior_log_loss);
    assert!(m.metrics.log_loss > m.metrics.prior_log_loss - 0.01);
    assert!(m.metrics.log_loss < m.metrics.prior_log_loss + 0.02, "and it does no harm");
}

#[test]
fn a_linear_rule_is_left_to_the_logistic_regression() {
    let mut rows = rows(3_000, true, 3);
    let mut rng = testkit::TestRng::new(9);
    // Drawn from a multinomial logit, which is all that the regression can say (Gumbel-max).
    for row in &mut rows {
        let x = row.features[3];
        let drawn = [0.6 - 1.5 * x, -1.0, -1.2, 0.4 + 1.5 * x].map(|logit| {
            let noise = -rng.unit().max(f64::MIN_POSITIVE).ln();
            logit - noise.ln()
        });
        let class = (0..4).max_by(|a, b| drawn[*a].total_cmp(&drawn[*b])).expect("four");
        row.class = class as u8;
        row.roi = [-0.5, 0.0, 0.1, 0.4][class];
    }
    let m = train_quietly(&rows, &TrainSettings::default()).manifest;
    println!("linear: network {:.4}, logistic {:.4}", m.network_log_loss, m.logistic_log_loss);
    assert_eq!(m.kind, ModelKind::Logistic);
    assert!(m.metrics.log_loss < m.metrics.prior_log_loss - 0.15);
}

#[test]
fn the_same_rows_give_the_same_bytes_in_any_order_and_on_any_thread() {
    let rows = rows(1_500, true, 4);
    let first = train_quietly(&rows, &quick());
    let mut turned = rows.clone();
    turned.reverse();
    let second =
        std::thread::spawn(move || train_quietly(&turned, &quick())).join().expect("a thread");
    assert_eq!(first.sha256, second.sha256);
    assert!(first == second);
    let other = TrainSettings { seed: 2, ..quick() };
    assert_ne!(first.sha256, train_quietly(&rows, &other).sha256);
}

#[test]
fn rows_that_cannot_teach_are_refused_by_name() {
    let check = |change: &dyn Fn(&mut Vec<LabelledRow>), words: &[&str]| {
        let mut rows = rows(1_500, true, 5);
        change(&mut rows);
        let error = train(&rows, &CONTRACT, &quick(), &mut |_, _| ()).expect_err("refused");
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    };
    let one_class = |rows: &mut Vec<LabelledRow>| rows.iter_mut().for_each(|row| row.class = 0);
    check(&one_class, &["class Minor has no row", "longer"]);
    check(&|rows| rows.truncate(99), &["99 training rows, 100 are needed"]);
    check(&|rows| rows[7].features[3] = f64::NAN, &["row 7", "forecast_return is NaN"]);
    check(&|rows| rows[7].features[3] = 1e300, &["row 7", "forecast_return"]);
    check(&|rows| rows[8].roi = f64::INFINITY, &["row 8", "roi"]);
    check(&|rows| rows[9].class = 4, &["row 9", "class 4"]);
    check(&|rows| rows[9].weight = 0.0, &["row 9", "weight 0"]);
    check(&|rows| rows[9].evaluation_day = -1, &["row 9", "evaluation day -1"]);
    let still =
        |rows: &mut Vec<LabelledRow>| rows.iter_mut().for_each(|row| row.features[22] = 0.25);
    check(&still, &["vix_level is 0.25", "cannot be scaled"]);
    let late =
        |rows: &mut Vec<LabelledRow>| rows.iter_mut().for_each(|row| row.evaluation_day = 900);
    check(&late, &["0 rows left to fit", "embargo"]);
    check(&|rows| rows.iter_mut().for_each(|row| row.scan_day = 0), &["1 scan days"]);
    let bad = TrainSettings { dropout: 1.0, ..quick() };
    let error = train(&rows(1_500, true, 5), &CONTRACT, &bad, &mut |_, _| ()).expect_err("bad");
    assert!(matches!(error, TrainError::BadSetting { setting: "dropout", .. }));
}

#[test]
fn a_model_too_large_to_travel_is_refused() {
    let wide = TrainSettings { hidden: vec![512, 512], epochs: 1, ..quick() };
    let error = train(&rows(2_000, true, 6), &CONTRACT, &wide, &mut |_, _| ()).expect_err("large");
    assert!(matches!(error, TrainError::TooLarge { .. }), "{error}");
}
