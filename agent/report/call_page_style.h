/* SPDX-License-Identifier: Apache-2.0 */
/* The style sheet of a page, in the colours of the portal. */
#ifndef AGENT_REPORT_CALL_PAGE_STYLE_H
#define AGENT_REPORT_CALL_PAGE_STYLE_H

const char *es_call_page_style(void);

#endif
