/* SPDX-License-Identifier: Apache-2.0 */
/* Civil dates of the proleptic Gregorian calendar, without any time zone. */
#include "probes/base/time_text.h"
#include "probes/base/text.h"

enum { DAYS_PER_ERA = 146097, DAYS_0000_TO_1970 = 719468, SECONDS_PER_DAY = 86400 };

struct civil {
	int64_t year;
	unsigned month; /* 1..12 */
	unsigned day;   /* 1..31 */
};

/*
 * Days since 1970-01-01 to a date and back. Years are counted from March, so that the leap day is
 * the last of a year; 153 days are five months, whatever month one begins with.
 */
static struct civil
civil_of_days(int64_t days)
{
	int64_t z = days + DAYS_0000_TO_1970;
	int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	unsigned doe = (unsigned)(z - era * DAYS_PER_ERA);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned march_month = (5 * doy + 2) / 153;
	struct civil c;

	c.day = doy - (153 * march_month + 2) / 5 + 1;
	c.month = march_month < 10 ? march_month + 3 : march_month - 9;
	c.year = (int64_t)yoe + era * 400 + (c.month <= 2);
	return c;
}

static int64_t
days_of_civil(struct civil c)
{
	int64_t y = c.month <= 2 ? c.year - 1 : c.year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	unsigned yoe = (unsigned)(y - era * 400);
	unsigned doy = (153 * (c.month > 2 ? c.month - 3 : c.month + 9) + 2) / 5 + c.day - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * DAYS_PER_ERA + (int64_t)doe - DAYS_0000_TO_1970;
}

static void
put_digits(char *out, size_t n, uint64_t v)
{
	while (n > 0) {
		out[--n] = (char)('0' + v % 10);
		v /= 10;
	}
}

void
es_time_text(es_time t, char out[ES_TIME_TEXT_BYTES])
{
	int64_t us = t.ns / ES_NS_PER_US - (t.ns % ES_NS_PER_US < 0);
	int64_t day_us = SECONDS_PER_DAY * INT64_C(1000000);
	int64_t days = us / day_us - (us % day_us < 0);
	uint64_t of_day_us = (uint64_t)(us - days * day_us);
	uint64_t s = of_day_us / 1000000;
	struct civil c = civil_of_days(days);

	memcpy(out, "0000-00-00T00:00:00.000000Z", ES_TIME_TEXT_BYTES);
	put_digits(out, 4, (uint64_t)c.year);
	put_digits(out + 5, 2, c.month);
	put_digits(out + 8, 2, c.day);
	put_digits(out + 11, 2, s / 3600);
	put_digits(out + 14, 2, s / 60 % 60);
	put_digits(out + 17, 2, s % 60);
	put_digits(out + 20, 6, of_day_us % 1000000);
}

/* The next n digits, then the separator c. */
static bool
field(es_slice *rest, size_t n, uint8_t c, uint32_t *out)
{
	es_slice digits = es_text_first(*rest, n);

	if (rest->n <= n || rest->p[n] != c || es_text_u32(digits, 9999, out) != 0)
		return false;
	*rest = es_text_from(*rest, n + 1);
	return true;
}

static unsigned
month_days(int64_t year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && is_leap ? 29u : days[month - 1];
}

/* What follows the minutes: seconds, perhaps a fraction, Z. */
static bool
seconds(es_slice rest, uint32_t *s, uint32_t *ns)
{
	es_slice fraction;

	*ns = 0;
	if (rest.n == 0 || rest.p[rest.n - 1] != 'Z')
		return false;
	rest.n--;
	if (es_text_u32(es_text_first(rest, 2), 60, s) != 0 || rest.n < 2)
		return false;
	fraction = es_text_from(rest, 2);
	if (fraction.n == 0)
		return true;
	if (fraction.p[0] != '.' || fraction.n > 10)
		return false;
	fraction = es_text_from(fraction, 1);
	if (es_text_u32(fraction, 999999999, ns) != 0)
		return false;
	for (size_t i = fraction.n; i < 9; i++)
		*ns *= 10;
	return true;
}

int
es_time_parse(es_slice text, es_time *out)
{
	uint32_t year, month, day, hour, minute, s, ns;
	struct civil c;
	int64_t total_s;

	if (!field(&text, 4, '-', &year) || !field(&text, 2, '-', &month) ||
	    !field(&text, 2, 'T', &day) || !field(&text, 2, ':', &hour) ||
	    !field(&text, 2, ':', &minute) || !seconds(text, &s, &ns))
		return ES_EMALFORMED;
	if (month < 1 || month > 12 || day < 1 || day > month_days(year, month) || hour > 23 ||
	    minute > 59 || year < 1678 || year > 2261) /* what es_time can hold */
		return ES_EMALFORMED;
	c.year = year;
	c.month = month;
	c.day = day;
	total_s = days_of_civil(c) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + s;
	*out = es_time_of_ns(total_s * ES_NS_PER_S + ns);
	return 0;
}
