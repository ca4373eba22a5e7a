"""The default tree of sources (C1); it can be changed afterwards."""

from django.db import migrations

CREATE = """
INSERT INTO sources_source (key, name, parent_id, origin, paid, created_at)
SELECT t.key, t.name, NULL, t.origin, t.paid, now()
FROM (VALUES
    ('website', 'Website', 'market', false),
    ('app', 'App', 'market', false),
    ('community', 'Community', 'market', false),
    ('new-media', 'New media', 'market', false),
    ('paid', 'Paid', 'market', true),
    ('free', 'Free', 'market', false),
    ('sales', 'Self-developed by sales', 'sales', false)
) AS t (key, name, origin, paid);

INSERT INTO sources_source (key, name, parent_id, origin, paid, created_at)
SELECT t.key, t.name, p.id, p.origin, p.paid, now()
FROM (VALUES
    ('website', 'direct', 'Direct visit'),
    ('website', 'website-form', 'Website form'),
    ('website', 'email', 'Own email'),
    ('app', 'app-store', 'Store promotion'),
    ('app', 'app-advertorial', 'Advertorial'),
    ('community', 'live-stream', 'Live stream'),
    ('community', 'questions', 'Questions and answers'),
    ('community', 'short-video', 'Short video'),
    ('new-media', 'douyin', 'Douyin'),
    ('new-media', 'kuaishou', 'Kuaishou'),
    ('new-media', 'weibo', 'Weibo'),
    ('new-media', 'wechat', 'WeChat'),
    ('new-media', 'social', 'Other social networks'),
    ('new-media', 'self-media', 'Self-media'),
    ('paid', 'sem', 'Search advertising'),
    ('paid', 'display', 'Display and social advertising'),
    ('paid', 'agent', 'Channel agent'),
    ('paid', 'exhibition', 'Exhibition'),
    ('paid', 'ground-push', 'Ground push'),
    ('paid', 'building-ads', 'Building advertisements'),
    ('free', 'seo', 'Search engine'),
    ('free', 'swap', 'Resource swap'),
    ('free', 'partner', 'Partner and friend links'),
    ('free', 'word-of-mouth', 'Word of mouth'),
    ('sales', 'sales-import', 'List brought in by sales'),
    ('sales', 'sales-contact', 'Own contact of sales')
) AS t (parent, key, name)
JOIN sources_source AS p ON p.key = t.parent;
"""


class Migration(migrations.Migration):
    dependencies = [("sources", "0002_storage")]
    operations = [migrations.RunSQL(CREATE.strip(), "DELETE FROM sources_source;")]
