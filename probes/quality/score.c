/* SPDX-License-Identifier: Apache-2.0 */
/* Scores from losses: effective loss into the E-model. */
#include "probes/quality/score.h"

/* Delay in whole milliseconds and a result in millionths: libm's last bit reaches no record. */
static double
delay_impairment(const struct es_equipment *q, uint32_t delay_us)
{
	double ms = (double)(((uint64_t)delay_us + 500) / 1000);

	return (double)(int64_t)(es_emodel_idd(es_equipment_scale(q), ms) * 1e6 + 0.5) / 1e6;
}

static uint32_t
milli(double v)
{
	return (uint32_t)(v * 1000 + 0.5);
}

static double
left(double ro, double ie)
{
	return ro > ie ? ro - ie : 0;
}

/* Terms are differences of rounded Rs, so that they add up. Gives R unrounded. */
static double
set_terms(double ro, struct es_impairment i, struct es_score *s)
{
	double r = left(ro, i.measured);
	uint32_t r_milli = milli(r);
	uint32_t of_eff = milli(left(ro, i.eff));

	s->r_milli = (int32_t)r_milli;
	s->ie_eff_milli = milli(ro) - of_eff;
	s->ie_discard_milli = milli(left(ro, i.without_late)) - of_eff;
	s->ie_burst_milli = milli(left(ro, i.isolated)) - of_eff;
	s->burst_relief_milli = r_milli - of_eff;
	return r;
}

bool
es_score_of(const struct es_equipment *q, const struct es_effective_loss *loss, uint32_t delay_us,
    struct es_score *out)
{
	enum es_emodel_scale scale = es_equipment_scale(q);
	struct es_score s = { 0 };
	double ro = es_emodel_ro(scale);
	double r;

	if (loss->expected == 0)
		return false;
	r = set_terms(ro, es_impairment_of(q, loss), &s);
	s.mos_lq_milli = milli(es_emodel_mos(scale, r));
	if (delay_us != ES_DELAY_UNKNOWN) {
		double id = delay_impairment(q, delay_us);

		s.has_cq = true;
		s.id_milli = milli(id);
		s.mos_cq_milli = milli(es_emodel_mos(scale, r - id));
	}
	*out = s;
	return true;
}

struct es_conversation
es_score_conversation(const struct es_equipment *q, int32_t r_milli, uint32_t delay_us)
{
	double id = delay_impairment(q, delay_us);

	return (struct es_conversation){
		.id_milli = milli(id),
		.mos_cq_milli = milli(es_emodel_mos(es_equipment_scale(q), r_milli / 1000.0 - id)),
	};
}

static struct es_score
clean_score(const struct es_equipment *q)
{
	struct es_effective_loss none = { .expected = 1 };
	struct es_score s = { 0 };

	(void)es_score_of(q, &none, ES_DELAY_UNKNOWN, &s); /* one packet is enough to say */
	return s;
}

uint32_t
es_score_clean_mos_milli(const struct es_equipment *q)
{
	return clean_score(q).mos_lq_milli;
}

void
es_score_clean_keep(struct es_score_clean *kept, const struct es_equipment *q)
{
	struct es_score s;

	if (kept->q == q)
		return;
	s = clean_score(q);
	kept->q = q;
	kept->r_milli = s.r_milli;
	kept->mos_lq_milli = s.mos_lq_milli;
}

uint32_t
es_score_mos_milli(const struct es_equipment *q, int32_t r_milli)
{
	return milli(es_emodel_mos(es_equipment_scale(q), r_milli / 1000.0));
}

/* By band; super-wideband is scored as fullband. */
static const struct {
	const char *name;
	uint8_t version;
} models[] = {
	[ES_EMODEL_NB] = { "es-nb/3", 3 },
	[ES_EMODEL_WB] = { "es-wb/2", 2 },
	[ES_EMODEL_FB] = { "es-fb/1", 1 },
};

const char *
es_score_model(const struct es_equipment *q)
{
	return models[es_equipment_scale(q)].name;
}

uint8_t
es_score_model_version(const struct es_equipment *q)
{
	return models[es_equipment_scale(q)].version;
}
