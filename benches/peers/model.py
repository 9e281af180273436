"""Reads a config of `shortfall` and turns it into plain lists, for the peer programs.

    python model.py CONFIG [--scenario NAME] > model.json

Only what the flagship config uses is supported; anything else is refused with a message, never ignored:

- markets, stages with feeds (one consumer per product), the price of a stage;
- capacities with a known tonnage and a known or uncertain growth;
- projects with `announced_start` and `slip_months`, or `lead_months`; success and phases of known probability and
  length; `requires`; `copies`; ramps of piecewise-linear shapes, also weighted; a known closure rate;
- demands with priority, growth, volatility; responses; stockpiles without a release limit;
- disruptions of the three kinds with step episodes, `active_at_start`, `not_before`, and `raises` of one level;
- correlations of success, of lognormal, triangular and uniform inputs; milestones with `at_least`;
- scenarios made of `set` paths;
- distributions: constant, uniform, triangular, lognormal (p50, p90), gamma and beta (mean, sd), exponential, discrete,
  a mixture of two; none of them truncated.

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

KINDS = ["constant", "uniform", "triangular", "lognormal", "gamma", "beta", "exponential", "discrete", "mixture"]
Z90 = NormalDist().inv_cdf(0.9)


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
        raise Unsupported(f"{where}.{key}")
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


# --- the model


def months_between(start, date):
    (y0, m0), (y1, m1) = (map(int, text.split("-")) for text in (start, date))
    return 12 * (y1 - y0) + m1 - m0


class Inputs:
    def __init__(self):
        self.rows, self.known = [], {}

    def add(self, name, quantity):
        """Index of an input. Constants of the same value share one."""
        kind, params = distribution(self, name, quantity)
        if kind == "constant":
            if params[0] not in self.known:
                self.known[params[0]] = len(self.rows)
                self.rows.append({"name": "", "kind": kind, "params": params, "factor": -1})
            return self.known[params[0]]
        self.rows.append({"name": name, "kind": kind, "params": params, "factor": -1})
        return len(self.rows) - 1

    def constant(self, index):
        return self.rows[index]["params"][0] if self.rows[index]["kind"] == "constant" else None


def distribution(inputs, name, quantity):
    """Kind and parameters: those that the usual generators take."""
    if isinstance(quantity, (int, float)):
        return "constant", [float(quantity)]
    if len(quantity) != 1:
        raise Unsupported(f"{name} = {quantity}")
    (kind, given), = quantity.items()
    if kind in ("uniform", "triangular"):
        return kind, [float(value) for value in given]
    if kind == "lognormal" and set(given) == {"p50", "p90"}:
        return kind, [math.log(given["p50"]), math.log(given["p90"] / given["p50"]) / Z90]
    if kind == "gamma" and set(given) == {"mean", "sd"}:
        return kind, [(given["mean"] / given["sd"]) ** 2, given["sd"] ** 2 / given["mean"]]
    if kind == "beta" and set(given) == {"mean", "sd"}:
        total = given["mean"] * (1 - given["mean"]) / given["sd"] ** 2 - 1
        return kind, [given["mean"] * total, (1 - given["mean"]) * total]
    if kind == "exponential":
        return kind, [float(given["mean"])]
    if kind == "discrete":
        weights = given.get("weights", [1] * len(given["values"]))
        shares = [sum(weights[: i + 1]) / sum(weights) for i in range(len(weights))]
        return kind, [part for pair in zip(shares, given["values"]) for part in map(float, pair)]
    if kind == "mixture" and len(given) == 2:
        first, second = (inputs.add(f"{name}.{i}", part["of"]) for i, part in enumerate(given))
        return kind, [given[0]["weight"] / (given[0]["weight"] + given[1]["weight"]), first, second]
    raise Unsupported(f"{name} = {quantity}")


def stage_order(stages):
    order = []

    def visit(name):
        if name not in order:
            for feed in sorted(stages[name].get("feeds", {})):
                visit(feed)
            order.append(name)

    for name in sorted(stages):
        visit(name)
    return order


def load(path, scenario=None):
    with open(path, "rb") as file:
        config = with_scenario(tomllib.load(file), scenario)
    only("config", config, "start", "horizon_years", "run", "output", "markets", "stages", "capacities", "ramp_shapes",
         "projects", "demands", "response", "stockpiles", "disruptions", "correlations", "milestones", "claims",
         "scenarios")
    inputs = Inputs()
    start, months = config["start"], round(12 * config["horizon_years"])
    markets = sorted(config["markets"])
    stages = stage_order(config["stages"])
    country_market = {country: markets.index(name) for name in markets for country in config["markets"][name]["countries"]}
    place = lambda stage, market: stages.index(stage) * len(markets) + market
    disruptions = sorted(config["disruptions"])

    def known(name, quantity):
        if not isinstance(quantity, (int, float)):
            raise Unsupported(f"an uncertain {name}")
        return float(quantity)

    def outages(name, country, stage):
        names = [name, country, markets[country_market[country]], stage]
        hit = lambda d: d["kind"] == "outage" and (not d.get("stages") or any_match(d["stages"], stage)) and any(
            any_match(d["hits"], each) for each in names)
        return [i for i, each in enumerate(disruptions) if hit(config["disruptions"][each])]

    # Series first: they tell which countries matter.
    series = []
    for pattern in config["output"]["series"]:
        kind, where, what = pattern.split(".")
        if kind not in ("capacity", "shortage_fraction", "share", "stock_days", "coverage_without", "price_multiple"):
            raise Unsupported(f"the series {kind}")
        places = list(markets)
        if kind == "share":
            places += sorted(country_market)
        found = [(p, s) for p in places if matches(where, p) for s in stages if matches(what, s)]
        for p, s in found:
            name = f"{kind}.{p}.{s}"
            country = p if p not in markets else None
            if kind == "share" and country is None:
                raise Unsupported("the share of a market")
            market = country_market[p] if country else markets.index(p)
            if name not in [each["name"] for each in series]:
                series.append({"name": name, "kind": kind, "country": country, "market": market, "stage": stages.index(s)})
    asked = sorted({each["country"] for each in series if each["country"]})
    for each in series:
        each["country"] = asked.index(each["country"]) if each["country"] else -1
    asked_index = lambda country: asked.index(country) if country in asked else -1

    feeds, consumers, price = [], [[] for _ in stages], []
    for index, name in enumerate(stages):
        stage = only(f"stages.{name}", config["stages"][name], "feeds", "price")
        feeds.append([])
        for feed, ratio in sorted(stage.get("feeds", {}).items()):
            consumers[stages.index(feed)].append([index, len(feeds[-1])])
            feeds[-1].append([stages.index(feed), inputs.add(f"stages.{name}.feeds.{feed}", ratio)])
        given = stage.get("price")
        price.append(given and [inputs.add(f"stages.{name}.price.demand_elasticity", given["demand_elasticity"]),
                                inputs.add(f"stages.{name}.price.supply_elasticity", given["supply_elasticity"]),
                                float(given["max_multiple"])])
    if any(len(each) > 1 for each in consumers):
        raise Unsupported("a product that several stages take")

    groups = {}
    for name, capacity in sorted(config["capacities"].items()):
        only(f"capacities.{name}", capacity, "country", "stage", "tonnes_per_year", "growth_per_year")
        tonnes = known(f"capacities.{name}.tonnes_per_year", capacity["tonnes_per_year"])
        growth = inputs.add(f"capacities.{name}.growth_per_year", capacity.get("growth_per_year", 0))
        country = capacity["country"]
        key = (place(capacity["stage"], country_market[country]), asked_index(country),
               tuple(outages(name, country, capacity["stage"])))
        group = groups.setdefault(key, {"place": key[0], "country": key[1], "outages": list(key[2]), "known": [], "uncertain": []})
        rate = inputs.constant(growth)
        if rate is None:
            group["uncertain"].append([tonnes, growth])
        else:
            group["known"].append([tonnes, rate])

    curve_names = sorted(config["ramp_shapes"])
    curves = [config["ramp_shapes"][name]["points"] for name in curve_names]
    for points in curves:
        if points[0] != [0, 0] or points[-1] != [1, 1]:
            raise Unsupported("a ramp shape that does not go from [0, 0] to [1, 1]")

    factors, factor_patterns = [], []
    for name, correlation in sorted(config.get("correlations", {}).items()):
        factors.append({"id": name, "rho": float(correlation["rho"])})
        factor_patterns.append([pattern.split(".") for pattern in correlation["inputs"]])

    def factor_of(name):
        """The correlation an input belongs to; the copies of a project (`id#2`) follow its id."""
        keys = [key.split("#")[0] for key in name.split(".")]
        for index, patterns in enumerate(factor_patterns):
            for pattern in patterns:
                if len(pattern) == len(keys) and all(map(matches, pattern, keys)):
                    return index
        return -1

    names, projects = [], []

    def visit(name):
        if name not in names:
            for required in config["projects"][name].get("requires", []):
                visit(required)
            names.append(name)

    for name in sorted(config["projects"]):
        visit(name)
    first = {}
    for name in names:
        project = only(f"projects.{name}", config["projects"][name], "country", "stage", "tonnes_per_year",
                       "announced_start", "slip_months", "lead_months", "success_probability", "phases", "requires",
                       "utilisation", "ramp", "closure_rate_per_year", "copies")
        first[name] = len(projects)
        for number in range(1, project.get("copies", 1) + 1):
            here = f"projects.{name}" + (f"#{number}" if number > 1 else "")
            base, lead = 0.0, project.get("lead_months")
            if lead is None:
                base, lead = float(months_between(start, project["announced_start"])), project.get("slip_months", 0)
                base += sum(known(f"{here}.phases.months", phase.get("months", 0)) for phase in project.get("phases", []))
                lead = inputs.add(f"{here}.slip_months", lead)
            else:
                lead = inputs.add(f"{here}.lead_months", lead)
            gates = [(f"{here}.success", project.get("success_probability", 1))]
            for phase in project.get("phases", []):
                only(f"{here}.phases", phase, "name", "months", "success_probability")
                gates.append((f"{here}.phases.{phase['name']}.success", phase.get("success_probability", 1)))
            gates = [[known(gate, chance), factor_of(gate)] for gate, chance in gates if chance != 1]
            requires = project.get("requires", [])
            if any(config["projects"][required].get("copies", 1) != 1 for required in requires):
                raise Unsupported("projects that require copies")
            ramp, shapes, total = only(f"{here}.ramp", project["ramp"], "months", "shape"), [], 0.0
            shape = ramp["shape"] if isinstance(ramp["shape"], dict) else {ramp["shape"]: 1.0}
            for each, weight in shape.items():
                total += weight / sum(shape.values())
                shapes.append([curve_names.index(each), total])
            country, stage = project["country"], project["stage"]
            projects.append({
                "id": here, "place": place(stage, country_market[country]), "country": asked_index(country),
                "outages": outages(name, country, stage), "base": base, "lead": lead, "gates": gates,
                "requires": [first[required] for required in requires],
                "tonnes": inputs.add(f"{here}.tonnes_per_year", project["tonnes_per_year"]),
                "utilisation": inputs.add(f"{here}.utilisation", project.get("utilisation", 1)),
                "ramp": inputs.add(f"{here}.ramp.months", ramp["months"]), "shapes": shapes,
                "closure_rate": known(f"{here}.closure_rate_per_year", project.get("closure_rate_per_year", 0)),
            })

    demands = []
    for name, demand in sorted(config["demands"].items()):
        only(f"demands.{name}", demand, "market", "stage", "tonnes_per_year", "growth_per_year", "volatility_per_year", "priority")
        surge = lambda d: d["kind"] == "demand-surge" and (not d.get("stages") or any_match(d["stages"], demand["stage"])) and (
            not d.get("markets") or any_match(d["markets"], demand["market"]))
        demands.append({
            "id": name, "place": place(demand["stage"], markets.index(demand["market"])),
            "tonnes": known(f"demands.{name}.tonnes_per_year", demand["tonnes_per_year"]),
            "growth": inputs.add(f"demands.{name}.growth_per_year", demand.get("growth_per_year", 0)),
            "volatility": known(f"demands.{name}.volatility_per_year", demand.get("volatility_per_year", 0)),
            "priority": demand.get("priority", 1),
            "surges": [i for i, each in enumerate(disruptions) if surge(config["disruptions"][each])],
        })
    demands.sort(key=lambda demand: (demand["place"], demand["priority"]))  # in the order of service
    if len({(demand["place"], demand["priority"]) for demand in demands}) < len(demands):
        raise Unsupported("demands of the same priority")
    finals = sorted({demand["place"] for demand in demands})
    if len({final // len(markets) for final in finals}) != 1 or consumers[finals[0] // len(markets)]:
        raise Unsupported("final demand for more than the last product")

    responses = [None] * len(markets)
    for name, response in config.get("response", {}).items():
        keys = ["thrift_per_year", "max", "relapse_per_year"]
        only(f"response.{name}", response, *keys)
        responses[markets.index(name)] = [inputs.add(f"response.{name}.{key}", response[key]) for key in keys]

    stockpiles = []
    for name, stock in sorted(config["stockpiles"].items(), key=lambda item: item[1].get("priority", 1)):
        only(f"stockpiles.{name}", stock, "market", "stage", "target_days", "initial_days", "fill_tonnes_per_month", "priority")
        target = inputs.add(f"stockpiles.{name}.target_days", stock["target_days"])
        initial = stock.get("initial_days")
        stockpiles.append({
            "place": place(stock["stage"], markets.index(stock["market"])), "target": target,
            # Without `initial_days` it starts full: the same draw as the target.
            "initial": target if initial is None else inputs.add(f"stockpiles.{name}.initial_days", initial),
            "fill": known(f"stockpiles.{name}.fill", stock.get("fill_tonnes_per_month", 1e300)),
        })
    stockpiles.sort(key=lambda stock: stock["place"])

    shocks, cuts = [], {}
    for index, name in enumerate(disruptions):
        given = only(f"disruptions.{name}", config["disruptions"][name], "kind", "from", "to", "markets", "stages", "hits",
                     "rate_per_year", "duration_months", "severity", "leakage", "active_at_start", "not_before", "raises")
        here = f"disruptions.{name}"
        shocks.append({
            "id": name, "rate": inputs.add(f"{here}.rate_per_year", given["rate_per_year"]),
            "duration": inputs.add(f"{here}.duration", given["duration_months"]),
            "severity": inputs.add(f"{here}.severity", given.get("severity", 1)),
            "leakage": inputs.add(f"{here}.leakage", given.get("leakage", 0)),
            "active": known(f"{here}.active_at_start", given.get("active_at_start", 0)),
            "not_before": max(0.0, float(months_between(start, given["not_before"]))) if "not_before" in given else 0.0,
            "raised_by": -1, "raised_factor": 1.0,
        })
        if given["kind"] == "export-control":
            chosen = lambda key, every: [each for each in every if not given.get(key) or any_match(given[key], each)]
            for stage in chosen("stages", stages):
                for source in chosen("from", markets):
                    for to in chosen("to", markets):
                        if source != to:
                            key = (stages.index(stage), markets.index(source), markets.index(to))
                            cuts.setdefault(key, []).append(index)
    for index, name in enumerate(disruptions):
        for other, factor in config["disruptions"][name].get("raises", {}).items():
            raised = shocks[disruptions.index(other)]
            if raised["raised_by"] >= 0:
                raise Unsupported("a disruption raised by two others")
            raised["raised_by"], raised["raised_factor"] = index, known(f"{name}.raises", factor)
    if any(shock["raised_by"] >= 0 and shocks[shock["raised_by"]]["raised_by"] >= 0 for shock in shocks):
        raise Unsupported("chains of `raises`")

    milestones = []
    series_names = [each["name"] for each in series]
    for name, milestone in sorted(config["milestones"].items()):
        only(f"milestones.{name}", milestone, "series", "at_least", "for_months")
        if milestone["series"] not in series_names:
            raise Unsupported("a milestone of a series that is not recorded")
        milestones.append({"id": name, "series": series_names.index(milestone["series"]),
                           "at_least": float(milestone["at_least"]), "for_months": milestone.get("for_months", 1)})

    for row in inputs.rows:
        row["factor"] = factor_of(row["name"]) if row["name"] else -1
        if row["factor"] >= 0 and row["kind"] not in ("uniform", "triangular", "lognormal"):
            raise Unsupported(f"a correlation of a {row['kind']} input ({row['name']})")

    outcomes = []
    final_names = [f"{markets[final % len(markets)]}.{stages[final // len(markets)]}" for final in finals]
    for kind in ("total_shortage", "worst_month", "first_shortage", "longest_shortage", "worst_12_months", "stock_needed"):
        outcomes += [f"{kind}.{name}" for name in final_names]
    shared = [d for d in demands if sum(other["place"] == d["place"] for other in demands) > 1]
    outcomes += [f"total_unserved.{demand['id']}" for demand in shared]
    outcomes += [f"milestone.{milestone['id']}" for milestone in milestones]
    outcomes += [f"episodes.{name}" for name in disruptions] + [f"disrupted_months.{name}" for name in disruptions]

    return {
        "months": months, "markets": markets, "stages": stages, "countries": asked, "feeds": feeds,
        "consumers": [each[0] if each else None for each in consumers], "price": price, "inputs": inputs.rows,
        "factors": factors, "capacities": list(groups.values()), "curves": curves, "projects": projects,
        "demands": demands, "finals": finals, "responses": responses, "stockpiles": stockpiles, "disruptions": shocks,
        "cuts": [{"stage": s, "from": f, "to": t, "by": by} for (s, f, t), by in sorted(cuts.items())],
        "series": series, "milestones": milestones, "outcomes": outcomes,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--scenario")
    given = parser.parse_args()
    print(json.dumps(load(given.config, given.scenario)))


if __name__ == "__main__":
    main()
