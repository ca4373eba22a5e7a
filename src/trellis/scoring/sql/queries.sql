-- name: spread
-- Known contacts by band of ten points, temperature and grade of the default model.
SELECT floor(s.score / 10.0)::int * 10, s.temperature, coalesce(nullif(s.grade, ''), %(grade)s),
    count(*)
FROM standing s
JOIN contact c ON c.contact_id = s.contact_id
WHERE c.known AND c.merged_into IS NULL
GROUP BY 1, 2, 3

-- name: spread_other
-- Known contacts by band of ten points, temperature and grade of another model.
SELECT floor(coalesce(x.score, 0) / 10.0)::int * 10, coalesce(x.temperature, 'cold'),
    coalesce(x.grade, %(grade)s), count(*)
FROM contact c
LEFT JOIN score x ON x.contact_id = c.contact_id AND x.model_id = %(model)s
WHERE c.known AND c.merged_into IS NULL
GROUP BY 1, 2, 3
