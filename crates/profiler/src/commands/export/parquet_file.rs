//! A table of a recording as Parquet, a group of rows at a time.
//!
//! Numbers are unsigned 64-bit integers, exit codes signed 32-bit ones, texts UTF-8; what is absent is null.

use std::io::{self, Write};
use std::sync::Arc;

use mprof_recording::Recording;
use mprof_recording::export::{Cell, Column, Kind, Presence, Readings, Table};
use parquet::basic::{ConvertedType, Encoding, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

/// Rows that are held before they are written.
const GROUP_LEN: usize = 1 << 17;

/// Writes a table of a recording.
///
/// # Errors
/// Those of the output, and of who gives the readings.
pub(crate) fn write_parquet(
    recording: &Recording,
    readings: &mut dyn Readings,
    table: Table,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    let columns = table.columns();
    let schema = Arc::new(schema(table, &columns).map_err(plain)?);
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties(&columns))).map_err(plain)?;
    let mut group: Vec<Values> = columns.iter().map(Values::of).collect();
    table.rows(recording, readings, &mut |cells| {
        group.iter_mut().zip(cells).for_each(|(values, cell)| values.push(cell));
        if group[0].len() >= GROUP_LEN { hand_on(&mut writer, &mut group).map_err(plain) } else { Ok(()) }
    })?;
    if group[0].len() > 0 {
        hand_on(&mut writer, &mut group).map_err(plain)?;
    }
    writer.close().map_err(plain)?;
    Ok(())
}

/// What went wrong with the output, as the output said it.
fn plain(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        error => io::Error::other(error),
    }
}

fn schema(table: Table, columns: &[Column]) -> Result<Type, ParquetError> {
    let field = |column: &Column| {
        let (physical, converted) = match column.kind {
            Kind::Number => (Physical::INT64, ConvertedType::UINT_64),
            Kind::Signed => (Physical::INT32, ConvertedType::INT_32),
            Kind::Text => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
        };
        let repetition = match column.presence {
            Presence::Always => Repetition::REQUIRED,
            Presence::WhereKnown => Repetition::OPTIONAL,
        };
        let field = Type::primitive_type_builder(&column.name, physical);
        field.with_repetition(repetition).with_converted_type(converted).build().map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder(table.name()).with_fields(fields).build()
}

/// Times differ from row to row by much the same, and are written as differences. Everything else repeats.
fn properties(columns: &[Column]) -> WriterProperties {
    let created_by = format!("mprof-rs version {}", env!("CARGO_PKG_VERSION"));
    let properties = WriterProperties::builder().set_created_by(created_by);
    let times = columns.iter().filter(|it| it.kind == Kind::Number && it.name.ends_with("_ns"));
    let properties = times.fold(properties, |properties, column| {
        let path = parquet::schema::types::ColumnPath::from(column.name.as_str());
        let properties = properties.set_column_dictionary_enabled(path.clone(), false);
        properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
    });
    properties.build()
}

/// The values of a column in a group of rows.
struct Values {
    /// For each row whether it has a value, as Parquet counts it; nothing where every row has one.
    levels: Option<Vec<i16>>,
    known: Known,
    n_rows: usize,
}

/// The values that there are.
enum Known {
    Numbers(Vec<i64>),
    Signed(Vec<i32>),
    Texts(Vec<ByteArray>),
}

impl Values {
    fn of(column: &Column) -> Self {
        let known = match column.kind {
            Kind::Number => Known::Numbers(Vec::new()),
            Kind::Signed => Known::Signed(Vec::new()),
            Kind::Text => Known::Texts(Vec::new()),
        };
        Self { levels: (column.presence == Presence::WhereKnown).then(Vec::new), known, n_rows: 0 }
    }

    fn len(&self) -> usize {
        self.n_rows
    }

    fn push(&mut self, cell: &Cell<'_>) {
        self.n_rows += 1;
        if let Some(levels) = &mut self.levels {
            levels.push(i16::from(*cell != Cell::Absent));
        }
        match (&mut self.known, cell) {
            // Parquet keeps the bits of unsigned numbers in signed ones.
            (Known::Numbers(numbers), Cell::Number(number)) => numbers.push(number.cast_signed()),
            (Known::Signed(numbers), Cell::Signed(number)) => numbers.push(*number),
            (Known::Texts(texts), Cell::Text(text)) => texts.push(text.as_bytes().to_vec().into()),
            // The columns of a table say what its cells are; what is left is absent.
            _ => {}
        }
    }

    fn clear(&mut self) {
        self.n_rows = 0;
        self.levels.iter_mut().for_each(Vec::clear);
        match &mut self.known {
            Known::Numbers(numbers) => numbers.clear(),
            Known::Signed(numbers) => numbers.clear(),
            Known::Texts(texts) => texts.clear(),
        }
    }
}

type FileWriter<'a> = SerializedFileWriter<&'a mut (dyn Write + Send)>;

/// Writes the rows that are held, and holds none.
fn hand_on(writer: &mut FileWriter<'_>, group: &mut [Values]) -> Result<(), ParquetError> {
    let mut rows = writer.next_row_group()?;
    for values in group {
        let Some(mut column) = rows.next_column()? else { break };
        let levels = values.levels.as_deref();
        match (column.untyped(), &values.known) {
            (ColumnWriter::Int64ColumnWriter(out), Known::Numbers(it)) => {
                out.write_batch(it, levels, None)?
            }
            (ColumnWriter::Int32ColumnWriter(out), Known::Signed(it)) => out.write_batch(it, levels, None)?,
            (ColumnWriter::ByteArrayColumnWriter(out), Known::Texts(it)) => {
                out.write_batch(it, levels, None)?
            }
            _ => return Err(ParquetError::General("a column of another kind".to_owned())),
        };
        column.close()?;
        values.clear();
    }
    rows.close()?;
    Ok(())
}
