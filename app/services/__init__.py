"""The verbs: each public function is one use case and one transaction.

Services take the acting user as `actor`, know no request, form or job, and ring a
stage by name (`app.queue`). Expected refusals are exceptions of `app.domain.errors`
or values with a reason.
"""
