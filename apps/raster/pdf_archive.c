/* SPDX-License-Identifier: MIT */
/*
 * Document information and PDF/A-1b. libharu writes the metadata; three of its slips are mended
 * here, all seen in 2.3.0: it misspells the keys Subtype and DestOutputProfile, and it puts the
 * title into XML without escaping it.
 */
#include "pdf_archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lcms2.h>

#define CREATOR "wsd"

/* `text` with the characters escaped that XML minds; the caller frees it. Control characters, which
 * XML cannot hold in any form, become spaces. */
static char *escape(const char *text)
{
    char *escaped = malloc(strlen(text) * 5 + 1), *at = escaped;

    if (!escaped)
        return NULL;
    for (; *text; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                                            : NULL;

        if (entity) {
            at = stpcpy(at, entity);
            continue;
        }
        *at++ = (unsigned char)*text < ' ' ? ' ' : *text;
    }
    *at = '\0';
    return escaped;
}

static int set_date(HPDF_Doc doc, HPDF_InfoType type)
{
    time_t now = time(NULL);
    struct tm utc;

    if (!gmtime_r(&now, &utc))
        return -EOVERFLOW;

    HPDF_Date date = {.year = utc.tm_year + 1900,
                      .month = utc.tm_mon + 1,
                      .day = utc.tm_mday,
                      .hour = utc.tm_hour,
                      .minutes = utc.tm_min,
                      .seconds = utc.tm_sec,
                      .ind = '+'}; /* libharu's metadata choke on its own 'Z' */

    return HPDF_SetInfoDateAttr(doc, type, date) == HPDF_OK ? 0 : -ENOMEM;
}

/* The profile of lcms2's sRGB, as bytes for the caller to free. */
static int make_profile(void **ret, cmsUInt32Number *ret_size)
{
    cmsHPROFILE profile = cmsCreate_sRGBProfile();
    cmsUInt32Number size = 0;
    void *data = NULL;
    int r = -ENOMEM;

    if (!profile)
        return r;
    cmsSetProfileVersion(profile, 2.1); /* PDF 1.4 knows no profile of version 4 */
    if (cmsSaveProfileToMem(profile, NULL, &size)) {
        data = malloc(size);
        if (data && cmsSaveProfileToMem(profile, data, &size))
            r = 0;
    }
    cmsCloseProfile(profile);
    if (r < 0) {
        free(data);
        return r;
    }
    *ret = data;
    *ret_size = size;
    return 0;
}

static HPDF_Dict add_profile(HPDF_Doc doc)
{
    void *data;
    cmsUInt32Number size;

    if (make_profile(&data, &size) < 0)
        return NULL;

    HPDF_Dict icc = HPDF_DictStream_New(doc->mmgr, doc->xref);

    if (icc && (HPDF_Dict_AddNumber(icc, "N", 3) != HPDF_OK ||
                HPDF_Stream_Write(icc->stream, data, size) != HPDF_OK))
        icc = NULL; /* the document owns and frees it */
    if (icc)
        icc->filter = HPDF_STREAM_FILTER_FLATE_DECODE;
    free(data);
    return icc;
}

static int add_intent(HPDF_Doc doc)
{
    static const char name[] = "sRGB IEC61966-2.1";
    HPDF_Dict icc = add_profile(doc);
    HPDF_Array intents = icc ? HPDF_Array_New(doc->mmgr) : NULL;

    if (!intents || HPDF_Dict_Add(doc->catalog, "OutputIntents", intents) != HPDF_OK)
        return -ENOMEM;

    HPDF_Dict intent = HPDF_Dict_New(doc->mmgr);

    if (!intent || HPDF_Xref_Add(doc->xref, intent) != HPDF_OK)
        return -ENOMEM;

    HPDF_STATUS status = HPDF_Dict_AddName(intent, "Type", "OutputIntent");

    status |= HPDF_Dict_AddName(intent, "S", "GTS_PDFA1");
    status |=
        HPDF_Dict_Add(intent, "OutputConditionIdentifier", HPDF_String_New(doc->mmgr, name, NULL));
    status |= HPDF_Dict_Add(intent, "Info", HPDF_String_New(doc->mmgr, name, NULL));
    status |= HPDF_Dict_Add(intent, "DestOutputProfile", icc);
    status |= HPDF_Array_Add(intents, intent);
    return status == HPDF_OK ? 0 : -ENOMEM;
}

static int add_metadata(HPDF_Doc doc)
{
    if (HPDF_PDFA_SetPDFAConformance(doc, HPDF_PDFA_1B) != HPDF_OK)
        return -ENOMEM;

    HPDF_Dict metadata = HPDF_Dict_GetItem(doc->catalog, "Metadata", HPDF_OCLASS_DICT);

    if (!metadata)
        return -EIO;
    HPDF_Dict_RemoveElement(metadata, "SubType");
    return HPDF_Dict_AddName(metadata, "Subtype", "XML") == HPDF_OK ? 0 : -ENOMEM;
}

static int set_title(HPDF_Doc doc, const char *title)
{
    return HPDF_SetInfoAttr(doc, HPDF_INFO_TITLE, title) == HPDF_OK ? 0 : -ENOMEM;
}

/* The metadata copies the title as it stands, so it stands escaped while they are made. */
static int describe_archive(HPDF_Doc doc, const char *title)
{
    char *escaped = title ? escape(title) : NULL;
    int r = title && !escaped ? -ENOMEM : 0;

    if (r == 0 && escaped)
        r = set_title(doc, escaped);
    free(escaped);
    if (r == 0)
        r = add_metadata(doc);
    if (r == 0)
        r = add_intent(doc);
    return r;
}

int pdf_archive_describe(HPDF_Doc doc, bool archive, const char *title)
{
    /* Titles are UTF-8; with this encoder libharu writes them as UTF-16. */
    if (HPDF_UseUTFEncodings(doc) != HPDF_OK || HPDF_SetCurrentEncoder(doc, "UTF-8") != HPDF_OK ||
        HPDF_SetInfoAttr(doc, HPDF_INFO_CREATOR, CREATOR) != HPDF_OK)
        return -ENOMEM;

    int r = set_date(doc, HPDF_INFO_CREATION_DATE);

    if (r == 0)
        r = set_date(doc, HPDF_INFO_MOD_DATE);
    if (r == 0 && archive)
        r = describe_archive(doc, title);
    if (r == 0 && title)
        r = set_title(doc, title);
    return r;
}
