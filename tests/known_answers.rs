//! Closed forms that the program must meet. Each is a small config through the ordinary engine.
mod common;
use common::{one_product, run};

const TRIALS: u64 = 1_000_000;

#[test]
fn smoke() {
    let text = one_product(10.0, 0.0)
        + r#"
[capacities.plant]
country = "Everywhere"
stage = "product"
tonnes_per_year = 12
[disruptions.outage]
kind = "outage"
hits = ["plant"]
rate_per_year = 0.2
duration_months = { exponential = { mean = 6 } }
[output]
series = ["production.all.product"]
"#;
    let run = run(&text, TRIALS);
    println!(
        "{} {} {}",
        run.mean_over("production.all.product", 12),
        run.mean_over("production.all.product", 60),
        run.mean_over("production.all.product", 120)
    );
}
