from django.db import migrations

# The letters of names in Chinese and the like, where one letter or two are a word that the
# trigram index cannot find (people.queries.WIDE_LETTERS).
CREATE = """
CREATE INDEX contact_wide ON contact USING gin (
    string_to_array(first_name || last_name, NULL)
) WHERE known AND merged_into IS NULL AND first_name || last_name ~ '[\u2e80-\uffef]';
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0008_duplicates")]
    operations = [migrations.RunSQL(CREATE, "DROP INDEX contact_wide;")]
