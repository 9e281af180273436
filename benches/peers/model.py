"""Reads a config of `shortfall` and turns it into plain lists, for the peer programs.

    python model.py CONFIG [--scenario NAME] > model.json

What the peers lack is refused with a message that names it, never ignored. They know:

- markets; stages with any feeds and final demand for any product; the price of a stage;
- capacities, projects and demands with known or uncertain numbers; `yields` of a project; all series and outcomes;
- stockpiles in tonnes or days, with limits of fill and release; responses;
- investment, if the series it answers is recorded anyway;
- disruptions of the three kinds, with scheduled windows, and `raises` of one level;
- correlations by `rho` or by loadings; milestones; scenarios made of `set` paths;
- all distributions, but gamma, beta, PERT and mixtures neither truncated nor correlated.

They lack, besides: `steps_per_month`, paths by date, seasons, correlations by a matrix, ties between severity and
duration, demands of the same priority. Outcomes by year (`output.years`) are left out.

Every number that may be uncertain becomes an index into `inputs`; constants are inputs of kind "constant".
A *place* is a stage and a market: `stage * markets + market`.
"""

import argparse
import copy
import json
import math
import re
import tomllib
from statistics import NormalDist

KINDS = ["constant", "uniform", "triangular", "lognormal", "gamma", "beta", "exponential", "discrete", "mixture", "scores"]
NORMAL = NormalDist()
# Any other distribution is a table of its quantiles at these normal scores, with straight lines between.
SCORES = [score / 100 for score in range(-500, 501)]
UNLIMITED = 1e300
SMOOTH = 64  # straight lines in place of a smooth ramp
SERIES = ["production", "capacity", "requirement", "demand", "thrift", "shortage", "shortage_fraction", "share",
          "production_outside", "unmet_feed", "unsold", "unused", "stock", "stock_days", "coverage_without",
          "coverage_in_use_without", "price_multiple", "loss_usd", "unserved"]
COVERAGES = ["coverage_without", "coverage_in_use_without"]
OUTCOMES = ["total_shortage", "worst_month", "first_shortage", "longest_shortage", "months_short", "fill_rate",
            "worst_12_months", "stock_needed"]  # of final demand


class Unsupported(SystemExit):
    def __init__(self, what):
        super().__init__(f"the peer programs do not support {what}")


def matches(pattern, name):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None


def any_match(patterns, name):
    return any(matches(pattern, name) for pattern in patterns)


def only(where, table, *known):
    """Refuses keys that the peers do not know."""
    for key in set(table) - set(known) - {"title", "description"}:
        raise Unsupported(f"{where}.{key}" if where else f"the table `{key}`")
    return table


# --- scenarios


def apply(node, path, value):
    """Puts `value` at every place that `path` matches; says at how many."""
    key, rest = path[0], path[1:]
    if isinstance(node, list):
        names = [index for index in range(len(node)) if matches(key, str(index))]
    elif isinstance(node, dict):
        names = [key] if not rest and "*" not in key else [name for name in node if matches(key, name)]
    else:
        return 0
    if rest:
        return sum(apply(node[name], rest, value) for name in names if isinstance(node, list) or name in node)
    for name in names:
        node[name] = copy.deepcopy(value)
    return len(names)


def with_scenario(config, scenario):
    changes = config.get("scenarios", {})[scenario].get("set", {}) if scenario else {}
    # More `*` first, then fewer other letters first: the more particular one wins.
    order = lambda path: (-path.count("*"), len(path) - path.count("*"), path)
    for path in sorted(changes, key=order):
        if not apply(config, path.split("."), changes[path]):
            raise SystemExit(f"scenario {scenario}: nothing at {path}")
    return config


# --- distributions


class Inputs:
    def __init__(self, correlations):
        self.rows, self.known = [], {}
        self.correlations = []  # patterns, number of the common factor, loading
        for number, (name, correlation) in enumerate(sorted(correlations.items())):
            where, inputs = f"correlations.{name}", only(f"correlations.{name}", correlation, "inputs", "rho")["inputs"]
            if not isinstance(inputs, dict):
                inputs = dict.fromkeys(inputs, math.sqrt(correlation["rho"]))
            self.correlations += [(pattern.split("."), number, loading) for pattern, loading in inputs.items()]
        self.factors = len(correlations)

    def share(self, name):
        """Number of the common factor an input shares in, and its loading. The copies of a project (`id#2`) follow its id."""
        keys = [key.split("#")[0] for key in name.split(".")]
        for pattern, number, loading in self.correlations:
            if len(pattern) == len(keys) and all(map(matches, pattern, keys)):
                return number, loading
        return -1, 0.0

    def add(self, name, quantity):
        """Index of an input. Constants of the same value share one."""
        factor, loading = self.share(name)
        kind, params = self.distribution(name, quantity, factor >= 0)
        row = {"name": name, "kind": kind, "params": params, "factor": factor, "loading": loading}
        if kind == "constant":
            if params[0] in self.known:
                return self.known[params[0]]
            self.known[params[0]] = len(self.rows)
            row |= {"name": "", "factor": -1}
        self.rows.append(row)
        return len(self.rows) - 1

    def constant(self, index):
        return self.rows[index]["params"][0] if self.rows[index]["kind"] == "constant" else None

    def distribution(self, name, quantity, correlated):
        """Kind and parameters."""
        if isinstance(quantity, (int, float)):
            return "constant", [float(quantity)]
        bounds = [quantity.get(bound) for bound in ("min", "max")]
        (kind, given), = [(key, value) for key, value in quantity.items() if key not in ("min", "max")]
        bounded = bounds != [None, None]
        if kind == "constant":
            return kind, [float(given)]
        if kind in ("discrete", "empirical") and not bounded:
            values = given["values"] if kind == "discrete" else given
            weights = given.get("weights", [1] * len(values)) if kind == "discrete" else [1] * len(values)
            return "discrete", shares(sorted(zip(map(float, values), weights)))
        if kind == "mixture" and not bounded and not correlated:
            return kind, shares([(self.add(f"{name}.{i}", part["of"]), part["weight"]) for i, part in enumerate(given)])
        if not bounded and not correlated:
            if kind == "gamma":
                by_mean = "mean" in given
                return kind, [(given["mean"] / given["sd"]) ** 2, given["sd"] ** 2 / given["mean"]] if by_mean else [
                    given["shape"], given["scale"]]
            if kind == "beta":
                if "alpha" in given:
                    return kind, [given["alpha"], given["beta"], 0.0, 1.0]
                total = given["mean"] * (1 - given["mean"]) / given["sd"] ** 2 - 1
                return kind, [given["mean"] * total, (1 - given["mean"]) * total, 0.0, 1.0]
            if kind == "pert":
                low, mode, high = map(float, given)
                return "beta", [1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low), low, high - low]
            if kind == "exponential":
                return kind, [float(given["mean"])]
        if kind in ("uniform", "triangular") and not bounded:
            return kind, [float(value) for value in given]
        if kind == "lognormal" and not bounded:
            return kind, list(lognormal(given))
        laws = {"uniform": uniform, "normal": normal, "lognormal": lognormal_law, "exponential": exponential,
                "weibull": weibull, "quantiles": metalog}
        if kind not in laws or bounded and kind == "quantiles":
            raise Unsupported(f"a {kind} distribution that is truncated or correlated ({name})")
        below, quantile = laws[kind](given)
        low, high = (default if bound is None else below(bound) for bound, default in zip(bounds, (0.0, 1.0)))
        return "scores", [quantile(low + (high - low) * NORMAL.cdf(score)) for score in SCORES]

    def mean(self, index):
        """Mean of an input."""
        kind, p = self.rows[index]["kind"], self.rows[index]["params"]
        if kind in ("discrete", "mixture"):
            weights = [share - before for share, before in zip(p[0::2], [0.0] + p[0::2])]
            return sum(w * (self.mean(x) if kind == "mixture" else x) for w, x in zip(weights, p[1::2]))
        if kind == "scores":
            weights = [NORMAL.pdf(score) for score in SCORES]
            return sum(w * x for w, x in zip(weights, p)) / sum(weights)
        means = {"constant": lambda: p[0], "uniform": lambda: sum(p) / 2, "triangular": lambda: sum(p) / 3,
                 "lognormal": lambda: math.exp(p[0] + p[1] ** 2 / 2), "gamma": lambda: p[0] * p[1],
                 "beta": lambda: p[2] + p[3] * p[0] / (p[0] + p[1]), "exponential": lambda: p[0]}
        return means[kind]()


def shares(weighted):
    """Values with their weights as [running share, value, ...]."""
    total, running, row = sum(weight for _, weight in weighted), 0.0, []
    for value, weight in weighted:
        running += weight / total
        row += [running, value]
    return row


def lognormal(given):
    """Mean and standard deviation of the logarithm."""
    if "median" in given:
        return math.log(given["median"]), given["sigma"]
    if "mean" in given:
        variance = math.log1p((given["sd"] / given["mean"]) ** 2)
        return math.log(given["mean"]) - variance / 2, math.sqrt(variance)
    (z0, x0), (z1, x1) = sorted((NORMAL.inv_cdf(float(key[1:]) / 100), math.log(x)) for key, x in given.items())
    sigma = (x1 - x0) / (z1 - z0)
    return x0 - sigma * z0, sigma


# Of each law: the distribution function, and its inverse.
def uniform(given):
    low, high = given
    return lambda x: min(max((x - low) / (high - low), 0.0), 1.0), lambda u: low + (high - low) * u


def normal(given):
    law = NormalDist(given["mean"], given["sd"])
    return law.cdf, lambda u: law.inv_cdf(min(max(u, 1e-16), 1 - 1e-16))


def lognormal_law(given):
    mu, sigma = lognormal(given)
    below, quantile = normal({"mean": mu, "sd": sigma})
    return lambda x: below(math.log(x)) if x > 0 else 0.0, lambda u: math.exp(quantile(u))


def weibull(given):
    shape, scale = given["shape"], given["scale"]
    return (lambda x: -math.expm1(-((max(x, 0.0) / scale) ** shape)),
            lambda u: scale * (-math.log1p(-min(u, 1 - 1e-16))) ** (1 / shape))


def exponential(given):
    return weibull({"shape": 1.0, "scale": given["mean"]})


def metalog(given):
    """Keelin's metalog through all quantiles, bounded by logarithms."""
    lower, upper = given.get("lower"), given.get("upper")
    points = sorted((float(key[1:]) / 100, x) for key, x in given.items() if key[0] == "p")
    logit = lambda u: math.log(u / (1 - u))
    # 1, L, L c, c, then c^2, L c^2, ...
    term = lambda k, u: (logit(u) if k in (1, 2) or k > 4 and k % 2 else 1.0) * (u - 0.5) ** (k // 2)

    def unbounded(x):
        if lower is None:
            return x if upper is None else -math.log(upper - x)
        return math.log(x - lower) - (0.0 if upper is None else math.log(upper - x))

    def bounded(y):
        if lower is None:
            return y if upper is None else upper - math.exp(-y)
        return lower + (math.exp(y) if upper is None else (upper - lower) / (1 + math.exp(-y)))

    rows = [[term(k, u) for k in range(len(points))] + [unbounded(x)] for u, x in points]
    for at in range(len(rows)):  # elimination
        best = max(range(at, len(rows)), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        rows = [row if i == at else [x - row[at] * y for x, y in zip(row, rows[at])] for i, row in enumerate(rows)]
    return None, lambda u: bounded(sum(row[-1] * term(k, u) for k, row in enumerate(rows)))


# --- the model


def months_between(start, date):
    (y0, m0), (y1, m1) = (map(int, text.split("-")) for text in (start, date))
    return float(12 * (y1 - y0) + m1 - m0)


def in_order(names, before):
    """Names, each after those that it builds on."""
    order = []

    def visit(name):
        if name not in order:
            for other in before(name):
                visit(other)
            order.append(name)

    for name in sorted(names):
        visit(name)
    return order


class Compiler:
    """A config on its way to plain lists."""

    def __init__(self, config):
        only("", config, "start", "horizon_years", "steps_per_month", "run", "output", "markets", "stages", "capacities",
             "ramp_shapes", "projects", "investment", "demands", "response", "stockpiles", "disruptions", "correlations", "milestones",
             "claims", "expect", "scenarios", "charts")
        if config.get("steps_per_month", 1) != 1:
            raise Unsupported("more than one step a month")
        self.config, self.start, self.months = config, config["start"], round(12 * config["horizon_years"])
        self.inputs = Inputs(config.get("correlations", {}))
        self.markets = sorted(config["markets"])
        feeds = lambda stage: sorted(config["stages"][stage].get("feeds", {}))
        self.stages = in_order(config["stages"], feeds)
        self.market_of = {country: number for number, name in enumerate(self.markets)
                          for country in config["markets"][name]["countries"]}
        self.disruptions = config.get("disruptions", {})
        self.demand_ids = sorted(config.get("demands", {}))
        self.series = self.find_series()

    def number(self, name, table, default=None):
        """Index of the input that the last part of `name` calls in `table`."""
        key = name.rsplit(".", 1)[1]
        quantity = table.get(key, default)
        if isinstance(quantity, dict) and "by_date" in quantity:
            raise Unsupported(f"a path by date ({name})")
        return self.inputs.add(name, quantity)

    def place(self, stage, market):
        return self.stages.index(stage) * len(self.markets) + market

    def outages(self, name, country, stage):
        """Numbers of the outages that hit a plant."""
        names = [name, country, self.markets[self.market_of[country]], stage]
        hit = lambda d: d["kind"] == "outage" and (not d.get("stages") or any_match(d["stages"], stage)) and any(
            any_match(d["hits"], each) for each in names)
        return [number for number, (_, each) in enumerate(sorted(self.disruptions.items())) if hit(each)]

    def needs(self, market, stage):
        """Whether the final demand of a market takes a product, directly or through later stages."""
        later = [name for name, row in self.config["stages"].items() if stage in row.get("feeds", {})]
        return any(demand["market"] == self.markets[market] and demand["stage"] == stage
                   for demand in self.config.get("demands", {}).values()) or any(self.needs(market, name) for name in later)

    # --- what is recorded

    def find_series(self):
        config, everyone = self.config, range(len(self.markets))
        patterns = config.get("output", {}).get("series")
        if patterns is None:
            patterns = [f"shortage_fraction.{demand['market']}.{demand['stage']}" for demand in config["demands"].values()]
        patterns = patterns + [each["series"] for each in config.get("milestones", {}).values()]
        patterns += [each["series"] for each in config.get("charts", []) if "*" not in each.get("series", "*")]
        found = {}
        for pattern in patterns:
            kind, *parts = pattern.split(".")
            if kind not in SERIES:
                raise Unsupported(f"the series {kind}")
            spec = {"kind": kind, "stage": 0, "market": 0, "country": -1, "demand": -1}
            if kind == "unserved":
                for number, name in enumerate(self.demand_ids):
                    if matches(parts[0], name):
                        found[f"{kind}.{name}"] = spec | {"demand": number}
                continue
            for number, stage in enumerate(self.stages):
                if not matches(parts[1], stage):
                    continue
                for market, name in enumerate(self.markets):
                    needed = self.needs(market, stage)
                    if kind in COVERAGES:
                        needed = any(self.needs(other, stage) for other in everyone if other != market)
                    if matches(parts[0], name) and (needed or kind not in COVERAGES + ["demand", "thrift"]):
                        found[f"{kind}.{name}.{stage}"] = spec | {"stage": number, "market": market}
                for country, market in self.market_of.items() if kind == "share" else ():
                    if matches(parts[0], country) and country not in self.markets:
                        found[f"{kind}.{country}.{stage}"] = spec | {"stage": number, "market": market, "country": country}
        self.countries = sorted({spec["country"] for spec in found.values()} - {-1})
        return [{"name": name, **spec, "country": self.country(spec["country"])} for name, spec in sorted(found.items())]

    def country(self, name):
        """Number of a country whose share is asked for."""
        return self.countries.index(name) if name in self.countries else -1

    def milestones(self):
        names, rows = [each["name"] for each in self.series], []
        for name, milestone in sorted(self.config.get("milestones", {}).items()):
            only(f"milestones.{name}", milestone, "series", "at_least", "at_most", "for_months")
            rows.append({"id": name, "series": names.index(milestone["series"]),
                         "at_least": float(milestone.get("at_least", -UNLIMITED)),
                         "at_most": float(milestone.get("at_most", UNLIMITED)), "for_months": milestone.get("for_months", 1)})
        return rows

    def outcomes(self, demands, milestones):
        """All outcomes in a fixed order; `of` is the number of the final demand, demand, milestone or disruption."""
        finals = self.finals(demands)
        name = lambda place: f"{self.markets[place % len(self.markets)]}.{self.stages[place // len(self.markets)]}"
        rows = [(kind, name(place), number) for kind in OUTCOMES for number, place in enumerate(finals)]
        at = lambda place: [demand for demand in demands if demand["place"] == place and demand["embedded"] < 0]
        rows += [("total_loss", name(place), number) for number, place in enumerate(finals)
                 if any(demand["loss"] >= 0 for demand in at(place))]
        rows += [("total_unserved", demand["id"], number) for number, demand in enumerate(demands)
                 if demand["embedded"] < 0 and len(at(demand["place"])) > 1]
        rows += [("milestone", milestone["id"], number) for number, milestone in enumerate(milestones)]
        rows += [("decisions", name, number) for number, name in enumerate(sorted(self.config.get("investment", {})))]
        rows += [(kind, name, number) for kind in ("episodes", "disrupted_months")
                 for number, name in enumerate(sorted(self.disruptions))]
        return [{"name": f"{kind}.{name}", "kind": kind, "of": number} for kind, name, number in rows]

    def finals(self, demands):
        return sorted({demand["place"] for demand in demands if demand["embedded"] < 0})

    # --- supply

    def feeds(self):
        """All feeds, stage by stage, in the order in which they are matched."""
        standing = {stage: 0.0 for stage in self.stages}
        for row in self.config.get("capacities", {}).values():
            mean = Inputs({})
            standing[row["stage"]] += mean.mean(mean.add("", row["tonnes_per_year"]))
        rows = []
        for number, name in enumerate(self.stages):
            stage = only(f"stages.{name}", self.config["stages"][name], "feeds", "price")
            feeds = [(feed, self.inputs.add(f"stages.{name}.feeds.{feed}", ratio))
                     for feed, ratio in sorted(stage.get("feeds", {}).items())]
            feeds.sort(key=lambda feed: (self.inputs.mean(feed[1]), standing[feed[0]]))
            rows += [{"from": self.stages.index(feed), "to": number, "ratio": ratio} for feed, ratio in feeds]
        return rows

    def prices(self):
        rows = []
        for name in self.stages:
            price, here = self.config["stages"][name].get("price"), f"stages.{name}.price"
            rows.append(price and [self.number(f"{here}.demand_elasticity", price),
                                   self.number(f"{here}.supply_elasticity", price), float(price.get("max_multiple", 10))])
        return rows

    def capacities(self):
        """What stands, by place, country and outages."""
        groups = {}
        for name, capacity in sorted(self.config.get("capacities", {}).items()):
            here = f"capacities.{name}"
            only(here, capacity, "country", "stage", "tonnes_per_year", "growth_per_year")
            tonnes, growth = self.number(f"{here}.tonnes_per_year", capacity), self.number(f"{here}.growth_per_year", capacity, 0)
            country = capacity["country"]
            key = (self.place(capacity["stage"], self.market_of[country]), self.country(country),
                   tuple(self.outages(name, country, capacity["stage"])))
            group = groups.setdefault(key, {"place": key[0], "country": key[1], "outages": list(key[2]), "known": [], "uncertain": []})
            known = [self.inputs.constant(tonnes), self.inputs.constant(growth)]
            if None in known:
                group["uncertain"].append([tonnes, growth])
            else:
                group["known"].append(known)
        return list(groups.values())

    def curves(self):
        """Names and points of all ramps."""
        smooth = [x / SMOOTH for x in range(SMOOTH + 1)]
        curves = {"linear": [[0, 0], [1, 1]], "s-curve": [[x, 3 * x**2 - 2 * x**3] for x in smooth],
                  "exponential": [[x, math.expm1(-3 * x) / math.expm1(-3)] for x in smooth]}
        curves |= {name: shape["points"] for name, shape in self.config.get("ramp_shapes", {}).items()}
        return curves

    def projects(self, curve_names):
        config, rows, first = self.config.get("projects", {}), [], {}
        copies = lambda name: config[name].get("copies", 1)
        requires = lambda name: config[name].get("requires", [])
        for name in in_order(config, requires):
            project = only(f"projects.{name}", config[name], "country", "stage", "tonnes_per_year", "yields", "announced_start",
                           "begins", "slip_months", "lead_months", "success_probability", "phases", "requires",
                           "utilisation", "ramp", "closure_rate_per_year", "life_years", "copies")
            if not all(required in first for required in requires(name)):
                continue  # one that it requires never comes, and so it never comes itself
            if copies(name):
                first[name] = len(rows)
            for copy_number in range(copies(name)):
                here = f"projects.{name}" + (f"#{copy_number + 1}" if copy_number else "")
                twin = lambda other: first[other] + (copy_number if copies(other) > 1 else 0)
                rows.append(self.project(name, here, project, curve_names) | {"requires": [twin(other) for other in requires(name)]})
        return rows

    def project(self, name, here, project, curve_names):
        country, phases = project["country"], project.get("phases", [])
        gates = [(f"{here}.success_probability", project)]
        for phase in phases:
            only(f"{here}.phases", phase, "name", "months", "success_probability")
            gates.append((f"{here}.phases.{phase['name']}.success_probability", phase))
        gates = [(gate, self.number(gate, table, 1)) for gate, table in gates]
        share = lambda gate: self.inputs.share(gate.removesuffix("_probability"))
        if "lead_months" in project:
            leads = [self.number(f"{here}.lead_months", project)]
        else:
            begins = project.get("begins", project.get("announced_start"))
            leads = [self.inputs.add(f"{here}.begins", months_between(self.start, begins) if isinstance(begins, str) else begins)]
            leads.append(self.number(f"{here}.slip_months", project, 0))
            leads += [self.number(f"{here}.phases.{phase['name']}.months", phase, 0) for phase in phases]
        ramp, shapes, total = only(f"{here}.ramp", project.get("ramp", {}), "months", "shape"), [], 0.0
        shape = ramp.get("shape", "linear")
        shape = shape if isinstance(shape, dict) else {shape: 1.0}
        for each, weight in shape.items():
            total += weight / sum(shape.values())
            shapes.append([curve_names.index(each), total])
        yields = [(stage, f"{here}.yields.{stage}", project["yields"]) for stage in sorted(project.get("yields", ()))]
        yields = yields or [(project["stage"], f"{here}.tonnes_per_year", project)]
        return {
            "id": here, "leads": leads,
            "gates": [[chance, *share(gate)] for gate, chance in gates if self.inputs.constant(chance) != 1],
            "yields": [{"place": self.place(stage, self.market_of[country]), "country": self.country(country),
                        "outages": self.outages(name, country, stage), "tonnes": self.number(tonnes, table)}
                       for stage, tonnes, table in yields],
            "utilisation": self.number(f"{here}.utilisation", project, 1),
            "ramp": self.number(f"{here}.ramp.months", ramp, 0), "shapes": shapes,
            "closure": self.number(f"{here}.closure_rate_per_year", project, 0),
            "life": self.number(f"{here}.life_years", project) if "life_years" in project else -1,
        }

    def investments(self, curve_names):
        """Investors, and the plant that each decides on: a project whose time counts from the decision."""
        names, rows = [each["name"] for each in self.series], []
        of_investors = ("decisions_per_year", "signal", "memory_months", "response", "at_most")
        for name, given in sorted(self.config.get("investment", {}).items()):
            here = f"investment.{name}"
            only(here, given, "country", "stage", "tonnes_per_year", "yields", "lead_months", "success_probability", "phases",
                 "utilisation", "ramp", "closure_rate_per_year", "life_years", *of_investors)
            if "signal" in given and given["signal"] not in names:
                raise Unsupported(f"a signal that is not recorded ({given['signal']})")
            plant = {key: value for key, value in given.items() if key not in of_investors}
            rows.append({"id": name, "rate": self.number(f"{here}.decisions_per_year", given),
                         "signal": names.index(given["signal"]) if "signal" in given else -1,
                         "memory": given.get("memory_months", 12), "at_most": given.get("at_most", 100),
                         "response": [list(map(float, point)) for point in given.get("response", [[1, 1]])],
                         "plant": self.project(name, here, plant | {"begins": 0}, curve_names) | {"requires": []}})
        return rows

    # --- demand

    def demands(self):
        rows = []
        for name in self.demand_ids:
            here, demand = f"demands.{name}", self.config["demands"][name]
            only(here, demand, "market", "stage", "tonnes_per_year", "growth_per_year", "volatility_per_year", "priority",
                 "loss_usd_per_tonne", "embedded_from")
            surge = lambda d: d["kind"] == "demand-surge" and (not d.get("stages") or any_match(d["stages"], demand["stage"])) and (
                not d.get("markets") or any_match(d["markets"], demand["market"]))
            rows.append({
                "id": name, "place": self.place(demand["stage"], self.markets.index(demand["market"])),
                "tonnes": self.number(f"{here}.tonnes_per_year", demand),
                "growth": self.number(f"{here}.growth_per_year", demand, 0),
                "volatility": self.number(f"{here}.volatility_per_year", demand, 0), "priority": demand.get("priority", 1),
                "loss": self.number(f"{here}.loss_usd_per_tonne", demand) if "loss_usd_per_tonne" in demand else -1,
                "embedded": self.markets.index(demand["embedded_from"]) if "embedded_from" in demand else -1,
                "surges": [i for i, (_, each) in enumerate(sorted(self.disruptions.items())) if surge(each)],
            })
        order = [(row["place"], row["priority"]) for row in rows if row["embedded"] < 0]
        if len(set(order)) < len(order):
            raise Unsupported("demands of the same priority")
        return rows

    def responses(self):
        keys, rows = {"thrift_per_year": None, "max": None, "relapse_per_year": 0}, [None] * len(self.markets)
        for name, response in self.config.get("response", {}).items():
            only(f"response.{name}", response, *keys)
            rows[self.markets.index(name)] = [self.number(f"response.{name}.{key}", response, default) for key, default in keys.items()]
        return rows

    def stockpiles(self):
        """Stockpiles by place, in the order of their use. Levels are [tonnes, days]; no initial level means full."""
        rows = []
        for name, stock in sorted(self.config.get("stockpiles", {}).items(), key=lambda item: item[1].get("priority", 1)):
            here = f"stockpiles.{name}"
            only(here, stock, "market", "stage", "target_days", "target_tonnes", "initial_days", "initial_tonnes",
                 "fill_tonnes_per_month", "release_tonnes_per_month", "priority")
            level = lambda what: [self.number(f"{here}.{what}_{unit}", stock, 0) for unit in ("tonnes", "days")]
            full = "initial_days" not in stock and "initial_tonnes" not in stock
            limit = lambda what: self.number(f"{here}.{what}_tonnes_per_month", stock, UNLIMITED)
            rows.append({"place": self.place(stock["stage"], self.markets.index(stock["market"])), "target": level("target"),
                         "initial": None if full else level("initial"), "fill": limit("fill"), "release": limit("release")})
        return sorted(rows, key=lambda stock: stock["place"])

    # --- disruptions

    def shocks(self):
        names, shocks, cuts = sorted(self.disruptions), [], {}
        for index, name in enumerate(names):
            here, given = f"disruptions.{name}", self.disruptions[name]
            only(here, given, "kind", "from", "to", "markets", "stages", "hits", "rate_per_year", "duration_months", "severity",
                 "leakage", "recovery", "active_at_start", "remaining_months", "not_before", "scheduled", "raises")
            duration = self.inputs.add(f"{here}.duration", given.get("duration_months", 1))
            severity = self.inputs.add(f"{here}.severity", given.get("severity", 1))
            remaining = given.get("remaining_months")
            shocks.append({
                "id": name, "rate": self.number(f"{here}.rate_per_year", given, 0), "duration": duration, "severity": severity,
                "leakage": self.number(f"{here}.leakage", given, 0), "active": self.number(f"{here}.active_at_start", given, 0),
                "remaining": duration if remaining is None else self.inputs.add(f"{here}.remaining", remaining),
                "not_before": max(0.0, months_between(self.start, given.get("not_before", self.start))),
                "linear": given.get("recovery", "step") == "linear", "surge": given["kind"] == "demand-surge",
                "windows": self.windows(here, given.get("scheduled", []), severity), "raised_by": -1, "raised_factor": -1,
            })
            if given["kind"] == "export-control":
                chosen = lambda key, every: [each for each in every if not given.get(key) or any_match(given[key], each)]
                for stage in chosen("stages", self.stages):
                    for source in chosen("from", self.markets):
                        for to in chosen("to", self.markets):
                            if source != to:
                                key = (self.stages.index(stage), self.markets.index(source), self.markets.index(to))
                                cuts.setdefault(key, []).append(index)
        for index, name in enumerate(names):
            for other, factor in self.disruptions[name].get("raises", {}).items():
                raised = shocks[names.index(other)]
                if raised["raised_by"] >= 0:
                    raise Unsupported("a disruption raised by two others")
                raised["raised_by"], raised["raised_factor"] = index, self.inputs.add(f"{name}.raises.{other}", factor)
        if any(shock["raised_by"] >= 0 and shocks[shock["raised_by"]]["raised_by"] >= 0 for shock in shocks):
            raise Unsupported("chains of `raises`")
        return shocks, [{"stage": s, "from": f, "to": t, "by": by} for (s, f, t), by in sorted(cuts.items())]

    def windows(self, here, scheduled, severity):
        """Scheduled episodes: begin, and the inputs of length and severity."""
        rows = []
        for number, window in enumerate(scheduled):
            only(f"{here}.scheduled", window, "from", "months", "severity", "every_months")
            months = self.inputs.add(f"{here}.scheduled.{number}.months", window["months"])
            own = self.inputs.add(f"{here}.scheduled.{number}.severity", window["severity"]) if "severity" in window else severity
            begin = months_between(self.start, window["from"])
            rows.append([begin, months, own])
            while "every_months" in window and (begin := begin + window["every_months"]) < self.months:
                rows.append([begin, months, own])
        return sorted(rows)


def load(path, scenario=None):
    with open(path, "rb") as file:
        this = Compiler(with_scenario(tomllib.load(file), scenario))
    curves, demands, milestones = this.curves(), this.demands(), this.milestones()
    shocks, cuts = this.shocks()
    # In the order of service; the series of a demand follow it.
    order = sorted(range(len(demands)), key=lambda number: (demands[number]["place"], demands[number]["priority"]))
    demands = [demands[number] for number in order]
    for each in this.series:
        each["demand"] = order.index(each["demand"]) if each["demand"] >= 0 else -1
        if each["demand"] >= 0 and demands[each["demand"]]["embedded"] >= 0:
            raise Unsupported("what users lack inside goods")
    model = {
        "months": this.months, "markets": this.markets, "stages": this.stages, "countries": this.countries,
        "feeds": this.feeds(), "price": this.prices(), "capacities": this.capacities(), "curves": list(curves.values()),
        "projects": this.projects(list(curves)), "investments": this.investments(list(curves)), "demands": demands, "finals": this.finals(demands),
        "responses": this.responses(), "stockpiles": this.stockpiles(), "disruptions": shocks, "cuts": cuts,
        "series": this.series, "milestones": milestones, "outcomes": this.outcomes(demands, milestones),
    }
    # Only now are all inputs known.
    return model | {"inputs": this.inputs.rows, "factors": this.inputs.factors}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--scenario")
    given = parser.parse_args()
    print(json.dumps(load(given.config, given.scenario)))


if __name__ == "__main__":
    main()
