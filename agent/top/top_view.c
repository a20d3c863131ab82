/* SPDX-License-Identifier: Apache-2.0 */
/* Keys. Those of top, htop, less and sngrep mean here what they mean there. */
#include "agent/top/top_view.h"

#include <string.h>

enum {
	ESCAPE = 0x1b,
	FAR = 1 << 30, /* rows: beyond either end */
	KEY_BASE = 0x100,
};

enum key { KEY_UP = KEY_BASE, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME, KEY_END, KEY_OTHER };

const char *
es_top_view_sort_name(enum es_top_sort sort)
{
	static const char *const names[ES_TOP_SORTS] = { "MOS", "worst", "loss", "jitter",
		"start" };

	return names[sort];
}

static void
move(struct es_top_view *v, int64_t rows)
{
	if (v->page == ES_TOP_LIST) {
		v->moved += rows;
		return;
	}
	rows += v->skip;
	v->skip = rows < 0 ? 0 : rows > FAR ? FAR : (uint32_t)rows;
}

static void
turn_to(struct es_top_view *v, enum es_top_page page)
{
	v->page = page;
	v->skip = 0;
}

static void
sort_by(struct es_top_view *v, enum es_top_sort sort)
{
	v->sort = sort;
	v->is_reversed = false;
}

/* What a key does in the line of the filter. */
static void
type(struct es_top_view *v, int key)
{
	size_t n = strlen(v->filter);

	if (key == '\r' || key == '\n') {
		v->is_typing = false;
	} else if (key == ESCAPE) {
		memcpy(v->filter, v->before, sizeof(v->filter));
		v->is_typing = false;
	} else if ((key == 0x7f || key == '\b') && n > 0) {
		v->filter[n - 1] = '\0';
	} else if (key == 0x15) { /* Ctrl-U */
		v->filter[0] = '\0';
	} else if (key >= ' ' && key < 0x7f && n < sizeof(v->filter) - 1) {
		v->filter[n] = (char)key;
		v->filter[n + 1] = '\0';
	}
}

/* A key that moves. */
static bool
go(struct es_top_view *v, int key)
{
	int64_t screen = v->rows > 1 ? v->rows - 1 : 1;

	switch (key) {
	case KEY_UP:
	case 'k':
		move(v, -1);
		return true;
	case KEY_DOWN:
		move(v, 1);
		return true;
	case KEY_PAGE_UP:
	case 0x02: /* Ctrl-B */
		move(v, -screen);
		return true;
	case KEY_PAGE_DOWN:
	case 0x06: /* Ctrl-F */
	case ' ':
		move(v, screen);
		return true;
	case KEY_HOME:
	case 'g':
		move(v, -FAR);
		return true;
	case KEY_END:
	case 'G':
		move(v, FAR);
		return true;
	default:
		return false;
	}
}

/* A key of the order. */
static bool
order(struct es_top_view *v, int key)
{
	static const char keys[ES_TOP_SORTS + 1] = "mwljs";
	const char *at = key > 0 && key < 0x7f ? strchr(keys, key) : NULL;

	if (at != NULL)
		sort_by(v, (enum es_top_sort)(at - keys));
	else if (key == '<')
		sort_by(v, (v->sort + ES_TOP_SORTS - 1) % ES_TOP_SORTS);
	else if (key == '>')
		sort_by(v, (v->sort + 1) % ES_TOP_SORTS);
	else if (key == 'r' || key == 'R')
		v->is_reversed = !v->is_reversed;
	else
		return false;
	return true;
}

static void
press(struct es_top_view *v, int key)
{
	if (v->is_typing) {
		type(v, key);
		return;
	}
	if (go(v, key))
		return;
	if (key == 'q' || key == 'Q') {
		v->is_left = v->page == ES_TOP_LIST;
		turn_to(v, ES_TOP_LIST);
	} else if (key == ESCAPE) {
		turn_to(v, ES_TOP_LIST);
	} else if (key == '?' || key == 'h') {
		turn_to(v, v->page == ES_TOP_HELP ? ES_TOP_LIST : ES_TOP_HELP);
	} else if (key == 'p' || key == 'P') {
		v->is_paused = !v->is_paused;
	} else if (v->page != ES_TOP_LIST || order(v, key)) {
		return;
	} else if (key == '\r' || key == '\n') {
		turn_to(v, ES_TOP_DETAIL);
		v->opened = v->selected;
		v->follows = true;
	} else if (key == '/') {
		v->is_typing = true;
		memcpy(v->before, v->filter, sizeof(v->before));
	}
}

/* The key of a sequence behind ESC [ or ESC O, ECMA-48 5.4: its first parameter, 0 where it has none, and its end. */
static int
key_of(uint8_t parameter, uint8_t end)
{
	switch (end) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	case '~':
		break;
	default:
		return KEY_OTHER;
	}
	switch (parameter) {
	case '1':
	case '7':
		return KEY_HOME;
	case '4':
	case '8':
		return KEY_END;
	case '5':
		return KEY_PAGE_UP;
	case '6':
		return KEY_PAGE_DOWN;
	default:
		return KEY_OTHER;
	}
}

/* The next byte behind an ESC. False: it is not of a sequence. */
static bool
continue_sequence(struct es_top_view *v, uint8_t byte)
{
	if (v->n_begun == 1) {
		if (byte == '[' || byte == 'O')
			v->n_begun = 2;
		return v->n_begun == 2;
	}
	if (byte == ESCAPE) /* the rest of the one before was lost */
		return false;
	if (byte >= 0x20 && byte < 0x40) {
		v->parameter = v->n_begun == 2 ? byte : v->parameter;
		v->n_begun = 3;
		return true;
	}
	v->n_begun = 0;
	press(v, key_of(v->parameter, byte));
	v->parameter = 0;
	return true;
}

void
es_top_view_input(struct es_top_view *v, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && !v->is_left; i++) {
		if (v->n_begun > 0 && continue_sequence(v, bytes[i]))
			continue;
		(void)es_top_view_settle(v);
		if (bytes[i] == ESCAPE)
			v->n_begun = 1;
		else
			press(v, bytes[i]);
	}
}

bool
es_top_view_settle(struct es_top_view *v)
{
	bool has_begun = v->n_begun > 0;

	if (v->n_begun == 1)
		press(v, ESCAPE);
	v->n_begun = 0;
	v->parameter = 0;
	return has_begun;
}
