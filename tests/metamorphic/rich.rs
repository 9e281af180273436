//! A model with some of everything.

/// A model with some of everything: three markets, four stages in a diamond, disruptions of all kinds, projects, stocks,
/// thrift. All tonnages are multiplied by `scale`.
pub fn rich(scale: f64) -> String {
    let t = |tonnes: f64| tonnes * scale;
    let mut text = String::from(HEAD);
    for (id, country, stage, tonnes) in [
        ("east-ore", "Cathay", "ore", 700.0),
        ("west-ore", "Hesperia", "ore", 210.0),
        // Several in a market that no outage tells apart: their sum must not depend on how it is grouped.
        ("west-ore-b", "Ruritania", "ore", 0.7),
        ("west-ore-c", "Hesperia", "ore", 33.3),
        ("west-ore-d", "Ruritania", "ore", 11.1),
        ("south-ore", "Austral", "ore", 150.0),
        ("east-light", "Cathay", "light", 610.0),
        ("west-light", "Hesperia", "light", 70.0),
        ("south-light", "Austral", "light", 30.0),
        ("east-heavy", "Cathay", "heavy", 130.0),
        ("west-heavy", "Austral", "heavy", 11.0),
        ("east-magnets", "Cathay", "magnets", 420.0),
        ("west-magnets", "Hesperia", "magnets", 90.0),
        ("small-magnets", "Ruritania", "magnets", 17.0),
    ] {
        text += &format!(
            "[capacities.{id}]\ncountry = \"{country}\"\nstage = \"{stage}\"\ntonnes_per_year = {}\n\
             growth_per_year = 0.02\n",
            t(tonnes)
        );
    }
    text += &format!(
        "[capacities.unsure]\ncountry = \"Ruritania\"\nstage = \"light\"\ntonnes_per_year = {{ triangular = [{}, {}, {}] }}\n\
         growth_per_year = {{ uniform = [-0.02, 0.05] }}\n",
        t(5.0),
        t(20.0),
        t(70.0)
    );
    for (id, market, stage, tonnes, more) in [
        ("cars", "west", "magnets", 60.0, "growth_per_year = { uniform = [0.0, 0.1] }\npriority = 2"),
        ("defence", "west", "magnets", 113.0, "loss_usd_per_tonne = 500"),
        ("wind", "east", "magnets", 230.0, "volatility_per_year = 0.15"),
        ("pumps", "south", "magnets", 31.0, "volatility_per_year = { uniform = [0.0, 0.3] }"),
        ("glass", "south", "light", 23.0, ""),
    ] {
        text += &format!(
            "[demands.{id}]\nmarket = \"{market}\"\nstage = \"{stage}\"\ntonnes_per_year = {}\n{more}\n",
            t(tonnes)
        );
    }
    text +=
        &format!("[projects.mine]\ntonnes_per_year = {{ triangular = [{}, {}, {}] }}{MINE}", t(40.0), t(80.0), t(90.0));
    text += &format!("[projects.plant]\ntonnes_per_year = {}{PLANT}", t(55.0));
    text += &format!("[projects.unnamed]\ntonnes_per_year = {}{UNNAMED}", t(9.0));
    text += &format!("[projects.double]{DOUBLE}\nyields = {{ light = {}, heavy = {} }}\n", t(30.0), t(3.0));
    text += &format!("[investment.new]{NEW}\ntonnes_per_year = {{ uniform = [{}, {}] }}\n", t(5.0), t(20.0));
    text += &format!("[investment.more]{MORE}\nyields = {{ ore = {}, light = {} }}\n", t(7.0), t(5.0));
    text += &format!("[stockpiles.reserve]\nfill_tonnes_per_month = {}{RESERVE}", t(0.7));
    text += &format!("[stockpiles.buffer]\nrelease_tonnes_per_month = {}{BUFFER}", t(3.0));
    text + "[stockpiles.oxide]\nmarket = \"west\"\nstage = \"light\"\ntarget_days = 25\n" + DISRUPTIONS
}

const HEAD: &str = r#"title = "rich"
start = "2026-01"
horizon_years = 8
[run]
seed = 7
[output]
series = [
    "production.*.*", "capacity.*.*", "requirement.*.*", "demand.*.*", "shortage.*.*", "shortage_fraction.*.*",
    "share.east.*", "share.south.*", "share.west.*", "production_outside.*.*", "stock_days.*.*",
    "coverage_without.*.*", "price_multiple.*.*", "loss_usd.*.*", "unserved.*",
]
[markets.east]
countries = ["Cathay"]
[markets.south]
countries = ["Austral"]
[markets.west]
countries = ["Hesperia", "Ruritania"]
[stages.ore]
[stages.light]
feeds = { ore = 1.3 }
[stages.heavy]
feeds = { ore = 1.1 }
[stages.magnets]
feeds = { light = 1.2, heavy = 0.21 }
price = { demand_elasticity = 0.3, supply_elasticity = 0.2 }
"#;

const MINE: &str = r#"
country = "Hesperia"
stage = "ore"
announced_start = "2027-03"
slip_months = { lognormal = { p50 = 10, p90 = 30 } }
success_probability = { beta = { mean = 0.7, sd = 0.1 } }
closure_rate_per_year = 0.1
"#;

const PLANT: &str = r#"
country = "Ruritania"
stage = "light"
begins = "2026-02"
phases = [
    { name = "permits", months = { gamma = { mean = 9, sd = 5 } }, success_probability = 0.9 },
    { name = "works", months = { pert = [6, 9, 24] } },
]
requires = ["mine"]
utilisation = { triangular = [0.6, 0.85, 1.0] }
ramp = { months = { lognormal = { p50 = 12, p90 = 30 } }, shape = { linear = 1, slow = 2 } }
[ramp_shapes.slow]
points = [[0, 0.1], [0.5, 0.25], [1, 1]]
"#;

const UNNAMED: &str = r#"
country = "Austral"
stage = "heavy"
lead_months = { weibull = { shape = 1.5, scale = 40 } }
success_probability = 0.6
ramp = { months = 6, shape = "s-curve" }
copies = 3
"#;

const RESERVE: &str = r#"
market = "west"
stage = "magnets"
target_days = 40
initial_days = 12
"#;

const BUFFER: &str = r#"
market = "south"
stage = "magnets"
target_days = 20
"#;

const DISRUPTIONS: &str = r#"
[response.west]
thrift_per_year = 0.1
max = 0.3
relapse_per_year = 0.02
[response.south]
thrift_per_year = 0.05
max = 0.2
[disruptions.quake]
kind = "outage"
hits = ["Cathay"]
stages = ["ore", "heavy"]
rate_per_year = 0.3
duration_months = { exponential = { mean = 3 } }
severity = { beta = { mean = 0.5, sd = 0.2 } }
recovery = "linear"
[disruptions.fire]
kind = "outage"
hits = ["*-magnets", "plant", "mine"]
rate_per_year = 0.15
duration_months = { uniform = [1, 6] }
severity = 0.6
[disruptions.embargo]
kind = "export-control"
from = ["east"]
to = ["west"]
stages = ["light", "heavy", "magnets"]
rate_per_year = { gamma = { mean = 0.3, sd = 0.2 } }
duration_months = { lognormal = { p50 = 5, p90 = 14 } }
severity = { beta = { mean = 0.7, sd = 0.15 } }
leakage = { uniform = [0.0, 0.3] }
active_at_start = 0.5
remaining_months = { exponential = { mean = 4 } }
scheduled = [{ from = "2027-06", months = 4, severity = 0.9 }, { from = "2025-11", months = { uniform = [1, 5] } }]
raises = { embargo-south = 3.0, boom = 1.5 }
[disruptions.embargo-south]
kind = "export-control"
from = ["east"]
to = ["*"]
rate_per_year = 0.2
duration_months = 7
severity = 1
not_before = "2026-09"
[disruptions.boom]
kind = "demand-surge"
markets = ["west", "east"]
rate_per_year = 0.4
duration_months = { gamma = { shape = 2, scale = 3 } }
severity = { uniform = [0.1, 0.5] }
recovery = "linear"
[correlations.delays]
inputs = ["projects.*.slip_months", "projects.plant.phases.*.months"]
rho = 0.4
[correlations.luck]
inputs = ["projects.*.success"]
rho = 0.3
[milestones.independence]
series = "coverage_without.east.magnets"
at_least = 0.3
for_months = 6
[milestones.calm]
series = "shortage_fraction.west.magnets"
at_most = 0.02
for_months = 4
"#;

const DOUBLE: &str = r#"
country = "Austral"
lead_months = { uniform = [0, 40] }
ramp = { months = 6, shape = "s-curve" }
life_years = 2"#;

/// By a price that does not depend on the scale.
const NEW: &str = r#"
country = "Hesperia"
stage = "magnets"
decisions_per_year = { uniform = [1, 3] }
signal = "price_multiple.west.magnets"
memory_months = 7
response = [[1, 0.5], [1.5, 2], [3, 5]]
lead_months = { uniform = [0, 20] }
success_probability = 0.7
ramp = { months = 9 }
closure_rate_per_year = 0.1"#;

const MORE: &str = r#"
country = "Austral"
decisions_per_year = 1
phases = [{ name = "dig", months = { triangular = [2, 5, 20] }, success_probability = 0.8 }]"#;
