"""Mail and SMS: renders (message, locale, values) and sends it. Knows no users: callers say to whom and how.

A message is a folder templates/email/<message>/ with subject.txt, body.txt and body.html; its words go through
gettext. `actions.mail` writes a row and defers the sending in the caller's transaction.

    mail, text    queued → sent | kept | failed    (kept: no SMTP_URL, SMS_URL is set; the demo shows it at /dev/mail)

A text is the message's sms.txt, else its subject line with the link, within three segments.

The row is claimed in one transaction, sent outside of any, and recorded in a second one. What a crash leaves is sent
again with the same Message-ID, which is as near to "once" as SMTP comes.
"""
