# SPDX-License-Identifier: Apache-2.0
"""The MOS formulas of other open monitors, restated from reading their source (2026), and the E-model
with planning values. Inputs are ideal: true loss, the jitter and runs that earshot measured, no
round trip; none of the programs ran. Their own buffers and RTCP sampling can only do worse. Where one
asks for what a capture does not have, its kindest reading is taken."""

# Ie and Bpl of G.113 where it has them (narrowband Appendix I, wideband IV), AMR 12.2 as GSM-EFR; else
# what does best here of (0, 4.3), (0, 10), (5, 10).
UNPLANNED = (5, 10.0)
PLANNED = {"pcmu": (0, 25.1), "pcma": (0, 25.1), "g729": (11, 19.0), "gsm": (20, 10.0), "amr12.2": (5, 10.0),
           "g722": (13, 4.3), "amrwb12.65": (13, 4.3), "amrwb23.85": (8, 4.9)}


def of_codec(key, table, default):
    return next((v for k, v in sorted(table.items(), key=lambda kv: -len(kv[0])) if key.startswith(k)), default)


def mos(r, span=1.0):
    r = min(max(r / span, 0), 100)
    return min(max(1 + .035 * r + r * (r - 60) * (100 - r) * 7e-6, 1), 4.5)


def delay_shortcut(ms):
    return .024 * ms + (.11 * (ms - 177.3) if ms > 177.3 else 0)


def latency(ms):
    return ms / 40 if ms < 160 else (ms - 120) / 10


def voipmonitor(x):
    """Its buffers: 50 ms fixed for the fixed receiver, earshot's adaptive one for the other."""
    lost, received = x["buffered"]["bad"], x["expected"] - x["buffered"]["bad"]
    if lost < 5:
        return 4.5
    ppl = lost / max(received, 1)
    if ppl > .5:
        return 1
    burst = max(lost / x["buffered"]["runs"] * (1 - ppl), 1)
    r = 93.206 - 95 * 100 * ppl / (100 * ppl / burst + 17.2647)
    return round(min(max(2.06405 + .031738 * r - 3.56641e-4 * r ** 2 + 2.93143e-6 * r ** 3, 1), 4.5), 1)


def rtpengine(x):
    r = 93.2 - int(x["loss"])
    return mos(.18 * r ** 2 - 27.9 * r + 1126.62 - .024 * int(x["jitter"]))


def rtpengine_legacy(x):
    return mos(93.2 - latency(2 * int(x["jitter"]) + 10) - 2.5 * int(x["loss"]))


def heplify_server(x):
    return mos(93.2 - int(latency(2 * int(x["jitter"]) + 10)) - 2.5 * int(x["loss"]))


def heplify_tiers(x):
    part = x["loss"] * 2.56
    return next((m for limit, m in ((10, 4.5), (25, 4.0), (50, 3.5), (100, 3.0)) if part <= limit), 2.5)


def asterisk(x):
    """Its lost packets a report, read as per cent; the jitter's deviation taken as half of (max - mean)."""
    deviation = (x["jitter_max"] - x["jitter"]) / 2
    return mos(93.2 - latency(2 * x["jitter"] * deviation / 3 + 10) - 2 * x["loss"])


def freeswitch(x):
    """Its flaws, of loss and of jitter: what the receiver concealed."""
    flaws = x["runs"] + 3 * (x["bad"] - x["runs"])
    received = x["expected"] - x["lost"]
    return mos(100 * (received - flaws) / max(received, 1))


def sipnab(x):
    wide = x["key"].startswith("amrwb")
    ie, bpl = of_codec(x["key"], PLANNED, None) if wide else (
        of_codec(x["key"], {"pcm": 0, "opus": 0, "g729": 10}, 5), 10)
    ro, span = (129, 1.29) if wide else (93.2, 1)
    return mos(ro - delay_shortcut(100 + x["jitter"]) - ie - (95 - ie) * x["loss"] / (x["loss"] + bpl), span)


def e_model(x, ppl, burst):
    ie, bpl = of_codec(x["key"], PLANNED, UNPLANNED)
    ro, span = (93.2062, 1) if x["mode"] == "nb" else (129, 1.29)
    return mos(ro - ie - (95 - ie) * ppl / (ppl / burst + bpl), span)


def planned_network(x):
    return e_model(x, x["loss"], 1)


def planned_receiver(x):
    """G.107.1 knows no burst ratio; with it the formula does better."""
    return e_model(x, 100 * x["bad"] / x["expected"], x["burst_ratio"])


FORMULAS = {
    "voipmonitor-like": voipmonitor,
    "rtpengine NB (default)": rtpengine,
    "rtpengine legacy": rtpengine_legacy,
    "heplify-server": heplify_server,
    "heplify 2 tiers": heplify_tiers,
    "Asterisk MES / 20": asterisk,
    "FreeSWITCH-like": freeswitch,
    "sipnab-like": sipnab,
    "G.107/.1, network loss": planned_network,
    "G.107/.1, BurstR, buffer": planned_receiver,
}


def inputs(row, stream, buffered):
    """Of one row: its truth columns, earshot's record of it, and that of a 50 ms buffer."""
    return {"key": row["key"], "mode": row["mode"], "loss": float(row["net_loss_pct"]), "lost": stream["lost"],
            "expected": stream["expected"], "runs": stream["concealed_runs"], "jitter": stream["jitter_ms"]["mean"],
            "jitter_max": stream["jitter_ms"]["max"], "bad": stream["concealed_packets"], "burst_ratio": stream["burst_ratio"],
            "buffered": {"bad": buffered["concealed_packets"], "runs": buffered["concealed_runs"]}}
