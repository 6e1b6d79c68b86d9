/* SPDX-License-Identifier: MIT */
/*
 * The table of quirks. Each row: who, what it does, what is done about it, and where it was
 * reported (the trackers of sane-airscan and of the projects named).
 */
#include "scan/quirks.h"

#include <string.h>
#include <strings.h>

#include "common/text.h"

#define EVERYBODY ""

static const struct quirk_row rows[QUIRK_COUNT] = {
    [QUIRK_S1] = {"S1", "Kyocera", "",
                  "refuses scans until 'Send, WSD Scan, From Computer' is chosen on its panel",
                  "sane-airscan issues 123, 234, 258, 344"},
    [QUIRK_S2] =
        {"S2", "Kyocera", "",
         "width and height of the largest size are swapped; swapped back when wider than high",
         "sane-airscan, ECOSYS M2040dn"},
    [QUIRK_S3] = {"S3", EVERYBODY, "",
                  "an image larger than the region asked for is cut to it (Kyocera M2040dn)",
                  "sane-airscan"},
    [QUIRK_S4] = {"S4", "Ricoh", "Aficio MP 201",
                  "asked for all pages it scans one; it is asked for 100",
                  "sane-airscan issue 334"},
    [QUIRK_S5] = {"S5", EVERYBODY, "", "an unknown job means an empty feeder (Ricoh Aficio MP 201)",
                  "sane-airscan commit 8735f70"},
    [QUIRK_S6] = {"S6", "Canon", "",
                  "refuses jobs although idle when its feeder is empty (MF410 series)",
                  "sane-airscan issue 98"},
    [QUIRK_S7] = {"S7", EVERYBODY, "", "JobInformation is always sent (Canon TR7500)",
                  "sane-airscan"},
    [QUIRK_S9] = {"S9", EVERYBODY, "",
                  "a feeder with a back side is duplex, whatever it says (Brother MFC-9340CDW)",
                  "sane-airscan issue 346"},
    [QUIRK_S10] =
        {"S10", EVERYBODY, "",
         "front and back of the feeder differ in size; the smaller counts (Epson WF-3520)",
         "sane-airscan issue 339"},
    [QUIRK_S12] = {"S12", EVERYBODY, "",
                   "CancelJob after each job, or the next is refused (OKI MC362dn, MB471)",
                   "sane-airscan issue 198"},
    [QUIRK_S13] = {"S13", "Xerox", "VersaLink B405",
                   "stays busy after a cancelled job; waited for until it is idle", "sane-airscan"},
    [QUIRK_S16] = {"S16", "Samsung", "M288|M287|M267",
                   "uncompressed TIFF fails above 150 dpi; JPEG is preferred",
                   "wsd-scan notes, M288x"},
    [QUIRK_S17] = {"S17", EVERYBODY, "",
                   "a size of 0 in the default ticket means all there is (Samsung M288x)",
                   "wsd-scan notes"},
    [QUIRK_S18] = {"S18", EVERYBODY, "",
                   "exif is taken as jfif where nothing else is offered (Epson ES-580W)",
                   "sane-airscan issue 233"},
    [QUIRK_S19] = {"S19", EVERYBODY, "",
                   "a scanner that warms up or calibrates is asked again, 30 times",
                   "sane-airscan"},
    [QUIRK_S20] = {"S20", EVERYBODY, "", "state reasons are read when a job is refused",
                   "sane-airscan"},
    [QUIRK_S23] = {"S23", "Canon", "MF24|MF26|MF47|MF64|1133", "WSD scanning is off by default",
                   "sane-airscan issues 54, 294, 360"},
    [QUIRK_S28] = {"S28", EVERYBODY, "", "MediaBack is sent for duplex scans only",
                   "wsd-scan notes"},
    [QUIRK_H5] = {"H5", "Ricoh", "",
                  "answers with an error while 'Prohibit WSD Scan Command' is on (MP C3003)",
                  "sane-airscan issue 32"},
    [QUIRK_X6] =
        {"X6", EVERYBODY, "",
         "a ticket that is not understood is sent again in its shortest form (Epson WF-3640)",
         "airscand"},
};

/* What is known of the settings behind a refusal, by maker (device-quirks H5, S1, S23, S29). Where
 * only the fact is known and not the menu, only the fact is said. The menus are from the notes of
 * sane-airscan's README (Canon MF and i-SENSYS, Ricoh MP C3003, HP M329 and M428) and Xerox's
 * administrators' guides (WorkCentre 3615 and 6400, Phaser 7800); other models differ in words. */
static const struct {
    const char *manufacturer;
    bool hides; /* while it is off the scan service is not there at all */
    const char *advice;
} refusals[] = {
    {"Kyocera", false,
     "On its panel choose Send, then WSD Scan, then From Computer, and try again (S1)."},
    {"Ricoh", true,
     "In its web page open Configuration, Scanner, Initial Settings, and set 'Prohibit WSD Scan "
     "Command' to 'Do not Prohibit' (H5)."},
    {"Canon", true,
     "Many models come with it off (S23). In its web page open Settings/Registration, Network "
     "Settings, TCP/IP Settings, WSD Settings, and switch 'Use WSD Scanning' on; on its panel the "
     "same is in Menu, Preferences, Network, TCP/IP Settings, WSD Settings."},
    {"Xerox", true, /* and Fuji Xerox */
     "Some models come with it off (S23). In its web page open Properties, then Protocols or "
     "Services, then WSD, and enable WSD and WSD Scan."},
    {"Sharp", true, "In its web page, allow scanning from computers (S29)."},
    {"HP", true,
     "In its web page open Settings, Security, Administrator Settings, and tick 'Enable Scan from "
     "a Computer' (S29)."},
};

static bool in_list(const char *text, const char *parts)
{
    char part[64];

    while (*parts) {
        size_t n = strcspn(parts, "|");
        snprintf(part, sizeof part, "%.*s", (int)n, parts);
        if (text_contains(text, part))
            return true;
        parts += n + (parts[n] == '|');
    }
    return false;
}

static bool matches(const struct quirk_row *row, const struct quirks *q)
{
    if (!*row->manufacturer)
        return true;
    if (!text_contains(q->manufacturer, row->manufacturer) &&
        !text_contains(q->model, row->manufacturer))
        return false;
    return !*row->models || in_list(q->model, row->models);
}

bool quirks_apply(struct quirks *quirks, const char *word)
{
    bool on = strncasecmp(word, "no-", 3) != 0;
    const char *id = on ? word : word + 3;

    for (int i = 0; i < QUIRK_COUNT; i++)
        if (strcasecmp(id, rows[i].id) == 0) {
            quirks->on[i] = on;
            return true;
        }
    return false;
}

void quirks_choose(const char *manufacturer, const char *model, struct quirks *ret)
{
    *ret = (struct quirks){0};
    snprintf(ret->manufacturer, sizeof ret->manufacturer, "%s", manufacturer);
    snprintf(ret->model, sizeof ret->model, "%s", model);
    for (int i = 0; i < QUIRK_COUNT; i++)
        ret->on[i] = matches(&rows[i], ret);
}

/* The row of the maker, or as many as there are. */
static size_t maker(const struct quirks *quirks)
{
    size_t i = 0, n = sizeof refusals / sizeof *refusals;

    while (i < n && !text_contains(quirks->manufacturer, refusals[i].manufacturer) &&
           !text_contains(quirks->model, refusals[i].manufacturer))
        i++;
    return i;
}

const char *quirks_refusal_advice(const struct quirks *quirks)
{
    size_t i = maker(quirks);

    return i < sizeof refusals / sizeof *refusals
               ? refusals[i].advice
               : "Look at its panel: it may be in a menu, or scanning from computers may be "
                 "switched off there or in its web page.";
}

const char *quirks_switch_advice(const struct quirks *quirks)
{
    size_t i = maker(quirks);

    return i < sizeof refusals / sizeof *refusals && refusals[i].hides ? refusals[i].advice : NULL;
}

const struct quirk_row *quirks_row(int quirk)
{
    return &rows[quirk];
}
